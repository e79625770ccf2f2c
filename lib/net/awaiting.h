// How coroutines of lib/net wait. Inside lib/net only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

namespace sparekeep {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Waits for something that calls back from any thread: `begin` gets the function to call, once.
template <typename Begin>
asio::awaitable<void> called_back(Begin begin) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [begin = std::move(begin)](auto handler) mutable {
        const auto executor = asio::get_associated_executor(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        begin([executor, shared = std::move(shared)] { asio::post(executor, [shared] { std::move (*shared)(); }); });
      },
      asio::use_awaitable);
}

}  // namespace sparekeep
