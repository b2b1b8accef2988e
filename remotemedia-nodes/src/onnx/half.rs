//! Half-precision numbers (IEEE 754 binary16), which Rust has no stable type for yet, as their bits.

/// The number that `half` stands for.
pub(super) fn to_f32(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let (exponent, fraction) = (half >> 10 & 0x1f, u32::from(half & 0x3ff));
    let magnitude = match exponent {
        0 => (fraction as f32 * SMALLEST).to_bits(),
        0x1f => 0x7f80_0000 | fraction << 13,
        _ => (u32::from(half & 0x7fff) << 13) + REBIAS,
    };
    f32::from_bits(sign | magnitude)
}

/// The nearest half-precision number, the even one of two; infinite where there is none so large.
pub(super) fn from_f32(number: f32) -> u16 {
    let sign = (number.to_bits() >> 16 & 0x8000) as u16;
    let magnitude = number.abs().to_bits();
    let half = if number.is_nan() {
        0x7e00
    } else if number.abs() >= 65_536.0 {
        0x7c00
    } else if number.abs() < SMALLEST_NORMAL {
        (number.abs() / SMALLEST).round_ties_even() as u16
    } else {
        ((magnitude + 0xfff + (magnitude >> 13 & 1) - REBIAS) >> 13) as u16
    };
    sign | half
}

/// 2^-24, the smallest number above zero.
const SMALLEST: f32 = 1.0 / 16_777_216.0;
/// 2^-14, the smallest number with a full fraction.
const SMALLEST_NORMAL: f32 = 1.0 / 16_384.0;
/// What the exponents of the two formats differ by, where `f32` has its exponent.
const REBIAS: u32 = (127 - 15) << 23;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_precision_number_survives_the_way_there_and_back() {
        for half in 0..=u16::MAX {
            let number = to_f32(half);
            if number.is_nan() {
                assert!(to_f32(from_f32(number)).is_nan(), "{half:04x}");
            } else {
                assert_eq!(from_f32(number), half, "{number}");
            }
        }
    }

    #[test]
    fn known_numbers_have_their_bits() {
        let known = [(1.0, 0x3c00), (-2.0, 0xc000), (65_504.0, 0x7bff), (SMALLEST, 1), (1.0 / 3.0, 0x3555)];
        for (number, half) in known {
            assert_eq!(from_f32(number), half, "{number}");
        }
    }

    #[test]
    fn halfway_numbers_go_to_the_even_neighbour_and_large_ones_to_infinity() {
        assert_eq!(from_f32(2049.0), from_f32(2048.0));
        assert_eq!(from_f32(2051.0), from_f32(2052.0));
        assert_eq!(from_f32(65_519.0), 0x7bff);
        assert_eq!(from_f32(65_520.0), 0x7c00);
        assert_eq!(from_f32(-1e30), 0xfc00);
        assert_eq!(from_f32(SMALLEST / 2.0), 0);
        assert_eq!(from_f32(SMALLEST * 1.5), 2);
    }
}
