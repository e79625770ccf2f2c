// Inside this folder only: conversion between described structs and Boost.JSON values.
#pragma once

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/utf8.h"

namespace sparekeep::wire {

namespace json = boost::json;

[[noreturn]] inline void refuse(std::string_view what) { throw Error(ErrorKind::corrupt, std::string(what)); }

// Names of files are bytes; the parser of the other side takes UTF-8 only.
inline json::value write(const std::string& text) { return json::value(json::string(as_utf8(text))); }
inline json::value write(bool value) { return json::value(value); }
template <std::integral T>
json::value write(T value) {
  if constexpr (std::is_signed_v<T>) return json::value(int64_t{value});
  else return json::value(uint64_t{value});
}
inline json::value write(Time time) { return write(to_rfc3339(time)); }
template <typename Tag, size_t Size>
json::value write(const Id<Tag, Size>& id) { return write(id.hex()); }
template <typename T>
json::value write(const std::vector<T>& items);
template <typename T>
json::value write(const std::map<std::string, T>& items);
template <typename T>
  requires boost::describe::has_describe_members<T>::value
json::value write(const T& message);

template <typename T>
json::value write(const std::vector<T>& items) {
  json::array out;
  out.reserve(items.size());
  for (const T& item : items) out.push_back(write(item));
  return out;
}
template <typename T>
json::value write(const std::map<std::string, T>& items) {
  json::object out;
  for (const auto& [name, item] : items) out[name] = write(item);
  return out;
}
template <typename T>
void write_member(json::object& to, const char* name, const T& value) { to[name] = write(value); }
template <typename T>
void write_member(json::object& to, const char* name, const std::optional<T>& value) {
  if (value) to[name] = write(*value);
}
template <typename T>
  requires boost::describe::has_describe_members<T>::value
json::value write(const T& message) {
  json::object out;
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
      [&](auto member) { write_member(out, member.name, message.*member.pointer); });
  return out;
}

inline void read(const json::value& from, std::string& to) {
  if (!from.is_string()) refuse("expected a string");
  to = std::string(from.get_string());
}
inline void read(const json::value& from, bool& to) {
  if (!from.is_bool()) refuse("expected true or false");
  to = from.get_bool();
}
template <std::integral T>
void read(const json::value& from, T& to) {
  json::error_code fault;
  to = from.to_number<T>(fault);
  if (fault) refuse("expected a whole number in its range");
}
inline void read(const json::value& from, Time& to) {
  std::string text;
  read(from, text);
  to = from_rfc3339(text).value();
}
template <typename Tag, size_t Size>
void read(const json::value& from, Id<Tag, Size>& to) {
  std::string text;
  read(from, text);
  to = Id<Tag, Size>::parse(text).value();
}
template <typename T>
void read(const json::value& from, std::vector<T>& to);
template <typename T>
void read(const json::value& from, std::map<std::string, T>& to);
template <typename T>
  requires boost::describe::has_describe_members<T>::value
void read(const json::value& from, T& to);

template <typename T>
void read(const json::value& from, std::vector<T>& to) {
  if (!from.is_array()) refuse("expected a list");
  to.clear();
  for (const json::value& item : from.get_array()) {
    T value{};
    read(item, value);
    to.push_back(std::move(value));
  }
}
template <typename T>
void read(const json::value& from, std::map<std::string, T>& to) {
  if (!from.is_object()) refuse("expected an object");
  for (const auto& [name, item] : from.get_object()) read(item, to[std::string(name)]);
}
template <typename T>
void read(const json::value& from, std::optional<T>& to) { read(from, to.emplace()); }
template <typename T>
  requires boost::describe::has_describe_members<T>::value
void read(const json::value& from, T& to) {
  if (!from.is_object()) refuse("expected an object");
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
    const json::value* found = from.get_object().if_contains(member.name);
    if (!found) return;
    try {
      read(*found, to.*member.pointer);
    } catch (const Error& error) {
      throw error.during(member.name);
    }
  });
}

}  // namespace sparekeep::wire
