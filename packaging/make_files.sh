#!/bin/sh
# What the package holds besides programs, laid out as below /usr: make_files.sh PROGRAMS FOLDER SOURCES VERSION
set -eu
programs=$1 folder=$2 sources=$3 version=$4

rm -rf "$folder"
mkdir -p "$folder/bin" "$folder/share/man/man1" "$folder/share/man/man8" "$folder/share/bash-completion/completions" \
  "$folder/share/zsh/vendor-completions" "$folder/share/fish/vendor_completions.d" "$folder/share/doc/sparekeep/examples"

ln -s ../libexec/sparekeep/sparekeep "$folder/bin/sparekeep"

"$programs/sparekeep" man --write "$folder/share/man/man1"
"$programs/sparekeepd" man --write "$folder/share/man/man8"
"$programs/sparekeep-agent" man --write "$folder/share/man/man8"

"$programs/sparekeep" completion bash >"$folder/share/bash-completion/completions/sparekeep"
"$programs/sparekeep" completion zsh >"$folder/share/zsh/vendor-completions/_sparekeep"
"$programs/sparekeep" completion fish >"$folder/share/fish/vendor_completions.d/sparekeep.fish"

sed 's|(docs/|(|g' "$sources/README.md" >"$folder/share/doc/sparekeep/README.md"
cp "$sources/docs/"*.md "$folder/share/doc/sparekeep/"
cp -r "$sources/inventory/examples" "$folder/share/doc/sparekeep/examples/inventory"
cp -r "$sources/playbooks/examples" "$folder/share/doc/sparekeep/examples/playbooks"
cp "$sources/packaging/copyright" "$folder/share/doc/sparekeep/copyright"
cp "$sources/CHANGELOG.md" "$folder/share/doc/sparekeep/changelog"
moment=${SOURCE_DATE_EPOCH:-$(git -C "$sources" log -1 --format=%ct 2>/dev/null || date +%s)}
cat >"$folder/share/doc/sparekeep/changelog.Debian" <<END
sparekeep ($version) unstable; urgency=medium

  * What changed stands in changelog.gz.

 -- The Sparekeep maintainers <maintainers@sparekeep.invalid>  $(LC_ALL=C date -u -R -d "@$moment")
END

# Of the libraries that are linked into the programs, as Debian has them.
mkdir "$folder/share/doc/sparekeep/licenses"
for package in libboost1.81-dev libssl-dev libssh-dev libsqlite3-dev libzstd-dev libxxhash-dev libarchive-dev libacl1-dev liblzma-dev libbz2-dev liblz4-dev \
  nettle-dev libxml2-dev libicu-dev zlib1g-dev libtomlplusplus-dev libisal-dev gcc-12-base; do
  cp -L "/usr/share/doc/$package/copyright" "$folder/share/doc/sparekeep/licenses/$package"
done

chmod -R u=rwX,go=rX "$folder"
gzip -9n "$folder/share/man"/*/* "$folder/share/doc/sparekeep/changelog" "$folder/share/doc/sparekeep/changelog.Debian"
