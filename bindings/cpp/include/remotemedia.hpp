/// @file
/// RemoteMedia for C++17 and later: an embeddable runtime for real-time AI media pipelines.
///
/// Header-only, over the C library; link `libremotemedia`. One object per noun, each owning one reference that its
/// destructor gives back: Runtime, Package, Pipeline, Session, Packet. They move; another reference is taken with `share()`.
///
/// Errors are thrown as remotemedia::Error. Where exceptions are switched off, or REMOTEMEDIA_NO_EXCEPTIONS is defined,
/// the same functions return remotemedia::Result instead. What is no error (nothing yet, the end, a time limit) is
/// never thrown: it is a remotemedia::Status.
///
/// An object may be used by several threads at once as long as its functions are const; what may not says so.

#ifndef REMOTEMEDIA_HPP
#define REMOTEMEDIA_HPP

#include "remotemedia/error.hpp"
#include "remotemedia/log.hpp"
#include "remotemedia/media.hpp"
#include "remotemedia/memory.hpp"
#include "remotemedia/node.hpp"
#include "remotemedia/package.hpp"
#include "remotemedia/packet.hpp"
#include "remotemedia/result.hpp"
#include "remotemedia/runtime.hpp"
#include "remotemedia/session.hpp"
#include "remotemedia/status.hpp"
#include "remotemedia/timeout.hpp"
#include "remotemedia/view.hpp"

#endif
