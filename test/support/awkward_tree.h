// A small tree with every kind of file, name, attribute and time that a backup has been known to get wrong.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sparekeep {

// Fills `folder`, which exists and is empty. Gives what could not be made here, with the reason ("device: operation not permitted"):
// empty as root on ext4, XFS or btrfs. The immutable flag is not among it: make_immutable().
std::vector<std::string> build_awkward_tree(const std::filesystem::path& folder);

// Sets or clears the immutable flag; false where that can not be done.
bool make_immutable(const std::filesystem::path& file, bool on);

// Removes everything below a folder, however deep and whatever its modes (the folder stays).
void clear_tree(const std::filesystem::path& folder);

}  // namespace sparekeep
