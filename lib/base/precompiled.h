// Headers of the standard library (and the one of Boost that every Result brings), read once a build and not once a file: they are a third
// of what a file takes to compile. Each file includes what it uses all the same; clang's builds have no such header and hold that.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/system/result.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>
