// Asio and Beast as the server uses them. They are slow to compile: of the program's files only those of this room include them.
#pragma once

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer does not know fences. Asio's are there for handlers that use none of its locks; all of ours are
// queued under one.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>

namespace tacho {

namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

}  // namespace tacho
