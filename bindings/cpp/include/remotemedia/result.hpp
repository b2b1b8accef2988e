/// @file
/// A value, or why there is none.

#ifndef REMOTEMEDIA_RESULT_HPP
#define REMOTEMEDIA_RESULT_HPP

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "config.hpp"
#include "error.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// A value, or why there is none; as `std::expected` of C++23.
template <class T> class [[nodiscard]] Result {
  public:
    /// A value, made of whatever turns into one by itself.
    template <class U = T, std::enable_if_t<std::is_convertible_v<U &&, T> &&
                                                !std::is_same_v<std::decay_t<U>, Result> &&
                                                !std::is_same_v<std::decay_t<U>, Error>,
                                            int> = 0>
    Result(U &&value) : content_(std::in_place_index<0>, std::forward<U>(value)) {}
    /// Why there is none.
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    /// Whether there is a value.
    explicit operator bool() const noexcept { return has_value(); }
    /// Whether there is a value.
    bool has_value() const noexcept { return content_.index() == 0; }
    /// The value, which is there.
    T &operator*() & noexcept { return *std::get_if<0>(&content_); }
    /// The value, which is there.
    const T &operator*() const & noexcept { return *std::get_if<0>(&content_); }
    /// The value, which is there.
    T &&operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
    /// The value, which is there.
    T *operator->() noexcept { return std::get_if<0>(&content_); }
    /// The value, which is there.
    const T *operator->() const noexcept { return std::get_if<0>(&content_); }
    /// Why there is no value; to be asked only then.
    const Error &error() const noexcept { return *std::get_if<1>(&content_); }

  private:
    std::variant<T, Error> content_;
};

/// Success, or why there is none.
template <> class [[nodiscard]] Result<void> {
  public:
    /// Success.
    Result() noexcept = default;
    /// Why there is none.
    Result(Error error) : error_(std::move(error)) {}

    /// Whether it is a success.
    explicit operator bool() const noexcept { return has_value(); }
    /// Whether it is a success.
    bool has_value() const noexcept { return !error_.has_value(); }
    /// Why it is none; to be asked only then.
    const Error &error() const noexcept { return *error_; }

  private:
    std::optional<Error> error_;
};

/// What functions that can fail return: `T`, throwing Error on failure; or a Result without exceptions.
#ifdef REMOTEMEDIA_NO_EXCEPTIONS
template <class T> using Fallible = Result<T>;
#else
template <class T> using Fallible = T;
#endif

namespace detail {

/// Gives a result to the user, in the way of this translation unit.
template <class T> Fallible<T> settle(Result<T> result) {
#ifdef REMOTEMEDIA_NO_EXCEPTIONS
    return result;
#else
    if (!result) {
        throw result.error();
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
#endif
}

/// Makes a call that reports errors; gives its status, which is none.
template <class Call> Result<Status> ask(Call &&call) {
    rm_error_t *error = nullptr;
    const rm_status_t status = call(&error);
    if (status < RM_STATUS_OK) {
        return Error::adopt(status, error);
    }
    return static_cast<Status>(status);
}

/// Makes a call that either does what it says or fails.
template <class Call> Result<void> tell(Call &&call) {
    const Result<Status> asked = ask(std::forward<Call>(call));
    return asked ? Result<void>() : Result<void>(asked.error());
}

/// Makes a call that gives an object of the C library; gives an `Object` that owns it.
template <class Object, class Raw, class Call> Result<Object> make(Call &&call) {
    Raw *raw = nullptr;
    const Result<Status> asked = ask([&](rm_error_t **error) { return call(&raw, error); });
    if (!asked) {
        return asked.error();
    }
    return Object::adopt(raw);
}

/// Makes a call that writes a plain value, which begins as `value`.
template <class Value, class Call> Result<Value> read(Value value, Call &&call) {
    const Result<Status> asked = ask([&](rm_error_t **error) { return call(&value, error); });
    if (!asked) {
        return asked.error();
    }
    return value;
}

} // namespace detail
} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
