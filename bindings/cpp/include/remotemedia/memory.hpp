/// @file
/// Memory of the program that packets carry without a copy.

#ifndef REMOTEMEDIA_MEMORY_HPP
#define REMOTEMEDIA_MEMORY_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "config.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

namespace detail {

/// The elements of a contiguous container.
template <class Container>
using ElementOf = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<const Container &>().data())>>;

/// Whether something is a container whose elements are bytes to the library. A view owns nothing.
template <class Container, class = void> struct IsOwner : std::false_type {};
template <class Container>
struct IsOwner<Container, std::void_t<ElementOf<Container>, decltype(std::declval<const Container &>().size())>>
    : std::is_trivially_copyable<ElementOf<Container>> {};
template <class Element> struct IsOwner<View<Element>> : std::false_type {};
template <class Character> struct IsOwner<std::basic_string_view<Character>> : std::false_type {};

template <class Container> Bytes bytes_of(const Container &container) noexcept {
    return {reinterpret_cast<const std::uint8_t *>(container.data()), container.size() * sizeof(ElementOf<Container>)};
}

} // namespace detail

/// Memory of the program, together with what owns it: a container that was moved in, or a shared pointer. A packet that
/// is made of it carries the same addresses, and the owner is let go of, on any thread, when no packet needs it any
/// more.
class Memory {
  public:
    /// Takes over a container of plain elements with `data()` and `size()`, such as `std::vector` or `std::string`.
    template <class Container, std::enable_if_t<!std::is_lvalue_reference_v<Container> &&
                                                    detail::IsOwner<std::remove_const_t<Container>>::value,
                                                int> = 0>
    Memory(Container &&container) : owner_(new Container(std::move(container)), destroy<Container>) {
        // Only now: a short string moves its characters along with itself.
        bytes_ = detail::bytes_of(*static_cast<const Container *>(owner_.get()));
    }

    /// Shares a container, whose elements must not change from now on.
    template <class Container,
              std::enable_if_t<detail::IsOwner<std::remove_const_t<Container>>::value, int> = 0>
    Memory(std::shared_ptr<Container> container) : Memory(container, detail::bytes_of(*container)) {}

    /// Bytes that stay readable and unchanged as long as `owner` is held.
    Memory(std::shared_ptr<const void> owner, Bytes bytes)
        : owner_(new std::shared_ptr<const void>(std::move(owner)), destroy<std::shared_ptr<const void>>),
          bytes_(bytes) {}

    /// The bytes.
    Bytes bytes() const noexcept { return bytes_; }

    /// What lets go of the owner, given to whoever calls it with what release() gives.
    rm_destroy_fn destroyer() const noexcept { return owner_.get_deleter(); }

    /// Gives up the owner.
    void *release() noexcept { return owner_.release(); }

  private:
    template <class Owner> static void destroy(void *owner) noexcept { delete static_cast<Owner *>(owner); }

    std::unique_ptr<void, void (*)(void *)> owner_;
    Bytes bytes_;
};

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
