/// @file
/// How errors are told in this translation unit.

#ifndef REMOTEMEDIA_CONFIG_HPP
#define REMOTEMEDIA_CONFIG_HPP

#include "remotemedia.h"

#if !defined(REMOTEMEDIA_NO_EXCEPTIONS) && !defined(__cpp_exceptions)
/// Errors are returned as Result. Set by itself where exceptions are switched off.
#define REMOTEMEDIA_NO_EXCEPTIONS 1
#endif

/// The inline namespace of all names. Both kinds of translation unit may be linked into one program, since what they
/// call by the same names are different things.
#ifdef REMOTEMEDIA_NO_EXCEPTIONS
#define REMOTEMEDIA_MODE returning
#else
#define REMOTEMEDIA_MODE throwing
#endif

#endif
