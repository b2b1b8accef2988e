/// @file
/// Contiguous memory that belongs to somebody else.

#ifndef REMOTEMEDIA_VIEW_HPP
#define REMOTEMEDIA_VIEW_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "config.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// Contiguous elements that belong to somebody else, as `std::span` of C++20, which can be made from it.
template <class T> class View {
  public:
    /// The type of an element.
    using element_type = T;
    /// The type of an element without const.
    using value_type = std::remove_cv_t<T>;
    /// Iterators are pointers.
    using iterator = T *;

    /// No elements.
    constexpr View() noexcept = default;
    /// `size` elements from `data` on.
    constexpr View(T *data, std::size_t size) noexcept : data_(data), size_(size) {}

    /// The first element; may be null if there is none.
    constexpr T *data() const noexcept { return data_; }
    /// How many elements there are.
    constexpr std::size_t size() const noexcept { return size_; }
    /// Whether there are none.
    constexpr bool empty() const noexcept { return size_ == 0; }
    /// The first element.
    constexpr iterator begin() const noexcept { return data_; }
    /// Behind the last element.
    constexpr iterator end() const noexcept { return data_ + size_; }
    /// The element at `index`, which is below `size()`.
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }
    /// `count` elements from `offset` on, which all exist.
    constexpr View part(std::size_t offset, std::size_t count) const noexcept { return {data_ + offset, count}; }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/// Bytes that belong to somebody else.
using Bytes = View<const std::uint8_t>;

namespace detail {

inline rm_str_t lend(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline rm_bytes_t lend(Bytes bytes) noexcept { return {bytes.data(), bytes.size()}; }

inline std::string_view view(rm_str_t text) noexcept {
    return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.len);
}

inline Bytes view(rm_bytes_t bytes) noexcept { return {bytes.data, bytes.len}; }

} // namespace detail
} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
