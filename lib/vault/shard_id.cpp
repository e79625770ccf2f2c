#include "lib/vault/shard_id.h"

#include <charconv>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

// A number under 256 in its one spelling.
bool parse_small(std::string_view text, uint8_t& number) {
  const bool one_spelling = !text.empty() && (text == "0" || text[0] != '0');
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return one_spelling && error == std::errc() && stop == text.data() + text.size();
}

Error no_shard_name(std::string_view name) {
  return Error(ErrorKind::corrupt, in_quotes(name) + " is no shard's name, expected 'PACK.k.m.index'");
}

}  // namespace

std::string ShardId::name() const {
  return pack.hex() + "." + std::to_string(layout.data) + "." + std::to_string(layout.parity) + "." + std::to_string(index);
}

std::string ShardId::path() const { return vault.hex() + "/" + pack.hex().substr(0, 2) + "/" + name(); }

Result<ShardId> parse_shard_name(const VaultId& vault, std::string_view name) {
  const std::vector<std::string> parts = split_text(name, '.');
  ShardId id{.vault = vault, .pack = {}, .layout = {}, .index = 0};
  if (parts.size() != 4) return no_shard_name(name);
  const Result<PackId> pack = PackId::parse(parts[0]);
  const bool numbers = parse_small(parts[1], id.layout.data) && parse_small(parts[2], id.layout.parity) && parse_small(parts[3], id.index);
  if (!pack || !numbers || !id.valid()) return no_shard_name(name);
  id.pack = *pack;
  return id;
}

Result<ShardId> parse_shard_path(std::string_view path) {
  const std::vector<std::string> parts = split_text(path, '/');
  if (parts.size() == 3) {
    const Result<VaultId> vault = VaultId::parse(parts[0]);
    if (!vault) return vault.error();
    Result<ShardId> id = parse_shard_name(*vault, parts[2]);
    if (!id || id->path() == path) return id;
  }
  return Error(ErrorKind::corrupt, in_quotes(path) + " is no shard's path, expected 'VAULT/PP/PACK.k.m.index'");
}

}  // namespace sparekeep
