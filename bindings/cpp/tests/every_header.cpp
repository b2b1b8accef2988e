// Each header includes what it needs: the last ones first.
#include <remotemedia/config.hpp>
#include <remotemedia/guard.hpp>
#include <remotemedia/handle.hpp>
#include <remotemedia/log.hpp>
#include <remotemedia/memory.hpp>
#include <remotemedia/package.hpp>
#include <remotemedia/timeout.hpp>
#include <remotemedia/view.hpp>

#include <remotemedia.hpp>
