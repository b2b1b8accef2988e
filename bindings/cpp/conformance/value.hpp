// Values of conformance cases: JSON as itself, everything else as an object with one key that begins with a dollar.
#ifndef VALUE_HPP
#define VALUE_HPP

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <remotemedia.hpp>

namespace conformance {

using Json = nlohmann::ordered_json;
using remotemedia::Kind;
using remotemedia::Packet;

inline std::vector<std::uint8_t> from_base64(std::string_view digits) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<std::uint8_t> bytes;
    std::size_t bits = 0;
    digits = digits.substr(0, digits.find('='));
    for (std::size_t index = 0; index < digits.size(); index++) {
        bits = bits << 6 | alphabet.find(digits[index]);
        if (index % 4 != 0) {
            bytes.push_back(static_cast<std::uint8_t>(bits >> (6 - 2 * (index % 4))));
        }
    }
    return bytes;
}

inline std::string repeated(const Json &said) {
    const auto part = said.at(0).get<std::string>();
    std::string text;
    for (auto times = said.at(1).get<std::size_t>(); times > 0; times--) {
        text += part;
    }
    return text;
}

template <class T> Packet audio_of(const Json &said) {
    return Packet::wrap_audio(said.at("samples").get<std::vector<T>>(), said.at("rate").get<std::uint32_t>(),
                              said.at("channels").get<std::uint32_t>());
}

inline Packet audio(const Json &said) {
    const auto format = said.at("format").get<std::string>();
    if (format == "u8") {
        return audio_of<std::uint8_t>(said);
    }
    if (format == "s16") {
        return audio_of<std::int16_t>(said);
    }
    if (format == "s32") {
        return audio_of<std::int32_t>(said);
    }
    if (format == "f64") {
        return audio_of<double>(said);
    }
    if (format != "f32") {
        throw std::runtime_error("no case writes audio of " + format);
    }
    return audio_of<float>(said);
}

template <class T> Packet tensor_of(const Json &said) {
    return Packet::wrap_tensor(said.at("values").get<std::vector<T>>(),
                               said.at("shape").get<std::vector<std::size_t>>());
}

inline Packet tensor(const Json &said) {
    using Make = Packet (*)(const Json &);
    static const std::vector<std::pair<std::string_view, Make>> types = {
        {"i8", tensor_of<std::int8_t>},   {"i16", tensor_of<std::int16_t>}, {"i32", tensor_of<std::int32_t>},
        {"i64", tensor_of<std::int64_t>}, {"u8", tensor_of<std::uint8_t>},  {"u16", tensor_of<std::uint16_t>},
        {"u32", tensor_of<std::uint32_t>}, {"u64", tensor_of<std::uint64_t>}, {"f32", tensor_of<float>},
        {"f64", tensor_of<double>},
    };
    const auto wanted = said.at("dtype").get<std::string>();
    for (const auto &[name, make] : types) {
        if (name == wanted) {
            return make(said);
        }
    }
    throw std::runtime_error("no case writes arrays of " + wanted);
}

inline Packet video(const Json &said) {
    static constexpr std::string_view formats[] = {"gray8", "rgb24", "rgba32", "bgra32", "i420", "nv12"};
    const auto format = std::find(std::begin(formats), std::end(formats), said.at("format").get<std::string>());
    const auto pixel = static_cast<remotemedia::PixelFormat>(format - std::begin(formats));
    return Packet::wrap_video(from_base64(said.at("data").get<std::string>()),
                              {pixel, said.at("width").get<std::uint32_t>(), said.at("height").get<std::uint32_t>()});
}

inline Packet encoded(const Json &said) {
    return Packet::wrap_encoded(from_base64(said.at("data").get<std::string>()), said.at("codec").get<std::string>(),
                                said.at("key_frame").get<bool>());
}

inline Packet special(const Json &value) {
    if (value.contains("$float")) {
        return Packet::of(std::stod(value.at("$float").get<std::string>()));
    }
    if (value.contains("$repeat")) {
        return Packet::of(repeated(value.at("$repeat")));
    }
    if (value.contains("$bytes")) {
        return Packet::wrap(from_base64(value.at("$bytes").get<std::string>()));
    }
    if (value.contains("$audio")) {
        return audio(value.at("$audio"));
    }
    if (value.contains("$tensor")) {
        return tensor(value.at("$tensor"));
    }
    if (value.contains("$video")) {
        return video(value.at("$video"));
    }
    if (value.contains("$encoded")) {
        return encoded(value.at("$encoded"));
    }
    return Packet::json(value.dump());
}

/// A packet with the value that a case says.
inline Packet packet_of(const Json &value) {
    switch (value.type()) {
    case Json::value_t::null: return Packet::null();
    case Json::value_t::boolean: return Packet::of(value.get<bool>());
    case Json::value_t::number_integer: return Packet::of(value.get<std::int64_t>());
    case Json::value_t::number_unsigned: return Packet::of(value.get<std::uint64_t>());
    case Json::value_t::number_float: return Packet::of(value.get<double>());
    case Json::value_t::string: return Packet::of(value.get<std::string>());
    case Json::value_t::object: return special(value);
    default: return Packet::json(value.dump());
    }
}

inline bool same_bytes(remotemedia::Bytes left, remotemedia::Bytes right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
}

inline bool same_float(double left, double right) {
    return std::memcmp(&left, &right, sizeof left) == 0 || (std::isnan(left) && std::isnan(right));
}

inline bool same_audio(const remotemedia::Audio &left, const remotemedia::Audio &right) {
    return left.format.rate == right.format.rate && left.format.channels == right.format.channels &&
           left.format.sample == right.format.sample && left.format.layout == right.format.layout &&
           same_bytes(left.data, right.data);
}

inline bool same_tensor(const remotemedia::Tensor &left, const remotemedia::Tensor &right) {
    return left.type == right.type && left.offset == right.offset &&
           std::equal(left.shape.begin(), left.shape.end(), right.shape.begin(), right.shape.end()) &&
           std::equal(left.strides.begin(), left.strides.end(), right.strides.begin(), right.strides.end()) &&
           same_bytes(left.data, right.data);
}

inline bool same_video(const remotemedia::Video &left, const remotemedia::Video &right) {
    const auto same_place = [](remotemedia::Plane a, remotemedia::Plane b) {
        return a.offset == b.offset && a.stride == b.stride;
    };
    return left.format.pixel == right.format.pixel && left.format.width == right.format.width &&
           left.format.height == right.format.height &&
           std::equal(left.format.planes.begin(), left.format.planes.end(), right.format.planes.begin(),
                      right.format.planes.end(), same_place) &&
           same_bytes(left.data, right.data);
}

inline bool same_encoded(const remotemedia::Encoded &left, const remotemedia::Encoded &right) {
    return left.codec == right.codec && left.key_frame == right.key_frame && same_bytes(left.data, right.data);
}

inline bool same_json(const Packet &left, const Packet &right) {
    // Keys may come in any order.
    return nlohmann::json::parse(left.as_json()) == nlohmann::json::parse(right.as_json());
}

/// Whether a packet holds the value that another one does, of the same kind.
inline bool same_value(const Packet &found, const Packet &expected) {
    if (found.kind() == Kind::other && expected.kind() == Kind::json) {
        // What a node kept of several values, such as a batch, is a list.
        return same_json(found, expected);
    }
    if (found.kind() != expected.kind()) {
        return false;
    }
    switch (found.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return found.as_bool() == expected.as_bool();
    case Kind::integer: return found.as_int() == expected.as_int();
    case Kind::floating: return same_float(found.as_float(), expected.as_float());
    case Kind::text: return found.as_text() == expected.as_text();
    case Kind::bytes: return same_bytes(found.as_bytes(), expected.as_bytes());
    case Kind::audio: return same_audio(found.as_audio(), expected.as_audio());
    case Kind::video: return same_video(found.as_video(), expected.as_video());
    case Kind::tensor: return same_tensor(found.as_tensor(), expected.as_tensor());
    case Kind::encoded: return same_encoded(found.as_encoded(), expected.as_encoded());
    case Kind::json: return same_json(found, expected);
    default: return false;
    }
}

/// What a packet holds, for people.
inline std::string shown(const Packet &packet) {
    try {
        return packet.as_json().substr(0, 200);
    } catch (const remotemedia::Error &) {
        return "a packet of kind " + std::to_string(static_cast<int>(packet.kind()));
    }
}

} // namespace conformance

#endif
