/* The C library, as pkg-config finds it. */
#include <remotemedia.h>
