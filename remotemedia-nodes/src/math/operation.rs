//! The operations: what Python's arithmetic operators do with two numbers.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::number::Number;

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// The sum.
    Add,
    /// The product.
    Multiply,
    /// The first less the second.
    Subtract,
    /// The first over the second, always a floating-point number.
    Divide,
    /// The first raised to the second.
    Power,
    /// What is left of the first divided by the second; has the sign of the second.
    Modulo,
}

impl Operation {
    /// The operation of this name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Add, Self::Multiply, Self::Subtract, Self::Divide, Self::Power, Self::Modulo];
        all.into_iter().find(|operation| operation.name() == name)
    }

    /// Its name in manifests and packets.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Multiply => "multiply",
            Self::Subtract => "subtract",
            Self::Divide => "divide",
            Self::Power => "power",
            Self::Modulo => "modulo",
        }
    }

    /// The operator as Python names it when operands do not fit.
    pub(super) fn python_name(self) -> String {
        if self == Self::Power { "** or pow()".to_owned() } else { self.to_string() }
    }

    /// Whether the second number must not be zero.
    pub(super) fn divides(self) -> bool {
        matches!(self, Self::Divide | Self::Modulo)
    }

    /// What Python gives for `a` and `b`.
    ///
    /// # Errors
    /// Where Python raises, in its words; and where its result would need more than 64 bits or a complex number.
    pub(super) fn apply(self, a: Number, b: Number) -> Result<Number, String> {
        match (a, b) {
            (Number::Int(a), Number::Int(b)) => self.apply_to_ints(a, b),
            _ => self.apply_to_floats(a.to_f64(), b.to_f64()).map(Number::Float),
        }
    }

    /// The result in whole numbers; `None` if it is beyond 128 bits, or not whole.
    pub(super) fn exact(self, a: i128, b: i128) -> Option<i128> {
        match self {
            Self::Add => a.checked_add(b),
            Self::Subtract => a.checked_sub(b),
            Self::Multiply => a.checked_mul(b),
            Self::Modulo => {
                a.checked_rem(b).map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
            }
            Self::Power => a.checked_pow(u32::try_from(b).ok()?),
            Self::Divide => None,
        }
    }

    /// The result in floating-point numbers as the processor gives it, without Python's errors.
    pub(super) fn float(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Modulo => modulo(a, b),
        }
    }

    fn apply_to_ints(self, a: i64, b: i64) -> Result<Number, String> {
        match self {
            Self::Divide if b == 0 => Err("division by zero".to_owned()),
            Self::Modulo if b == 0 => Err("integer modulo by zero".to_owned()),
            Self::Divide => Ok(Number::Float(quotient(a, b))),
            Self::Power if b < 0 => self.apply_to_floats(a as f64, b as f64).map(Number::Float),
            Self::Power => power(a, b).map(Number::Int).ok_or_else(|| self.beyond(a, b)),
            _ => self
                .exact(a.into(), b.into())
                .and_then(|result| i64::try_from(result).ok())
                .map(Number::Int)
                .ok_or_else(|| self.beyond(a, b)),
        }
    }

    fn apply_to_floats(self, a: f64, b: f64) -> Result<f64, String> {
        match self {
            Self::Divide if b == 0.0 => return Err("float division by zero".to_owned()),
            Self::Modulo if b == 0.0 => return Err("float modulo".to_owned()),
            Self::Power if a == 0.0 && b < 0.0 => return Err("0.0 cannot be raised to a negative power".to_owned()),
            Self::Power if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 => {
                return Err(format!("{a:?} ** {b:?} is a complex number, expected a real one"));
            }
            _ => {}
        }
        let result = self.float(a, b);
        if self == Self::Power && result.is_infinite() && a.is_finite() && b.is_finite() {
            return Err("(34, 'Numerical result out of range')".to_owned());
        }
        Ok(result)
    }

    fn beyond(self, a: impl fmt::Display, b: impl fmt::Display) -> String {
        format!("{a} {self} {b} is beyond 64 bits")
    }
}

impl fmt::Display for Operation {
    /// Python's operator.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Multiply => "*",
            Self::Subtract => "-",
            Self::Divide => "/",
            Self::Power => "**",
            Self::Modulo => "%",
        })
    }
}

fn modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        return 0.0f64.copysign(b);
    }
    if (b < 0.0) != (rest < 0.0) { rest + b } else { rest }
}

fn power(a: i64, b: i64) -> Option<i64> {
    match a {
        0 | 1 => Some(if b == 0 { 1 } else { a }),
        -1 => Some(if b % 2 == 0 { 1 } else { -1 }),
        _ => a.checked_pow(u32::try_from(b).ok()?),
    }
}

/// The nearest floating-point number to the exact quotient, as Python gives it even where the numbers themselves have
/// none.
fn quotient(a: i64, b: i64) -> f64 {
    let (dividend, divisor) = (u128::from(a.unsigned_abs()), u128::from(b.unsigned_abs()));
    if dividend.max(divisor) <= 1 << f64::MANTISSA_DIGITS {
        return a as f64 / b as f64;
    }
    // The quotient gets at least 64 bits; the lowest stands for all that come after it.
    let shift = dividend.leading_zeros().min(127);
    let shifted = dividend << shift;
    let sticky = u128::from(!shifted.is_multiple_of(divisor));
    let magnitude = ((shifted / divisor) | sticky) as f64 / 2f64.powi(shift as i32);
    if (a < 0) != (b < 0) { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::Number::{Float, Int};
    use super::*;

    #[test]
    fn whole_numbers_stay_whole_but_in_division() {
        let cases = [
            (Operation::Add, 2, 3, Int(5)),
            (Operation::Subtract, 2, 3, Int(-1)),
            (Operation::Multiply, -4, 3, Int(-12)),
            (Operation::Divide, 6, 3, Float(2.0)),
            (Operation::Power, 2, 10, Int(1024)),
            (Operation::Power, 2, -2, Float(0.25)),
            (Operation::Power, -1, i64::MAX, Int(-1)),
            (Operation::Power, 0, 0, Int(1)),
            (Operation::Modulo, 7, 3, Int(1)),
            (Operation::Modulo, -7, 3, Int(2)),
            (Operation::Modulo, 7, -3, Int(-2)),
            (Operation::Modulo, i64::MIN, -1, Int(0)),
        ];
        for (operation, a, b, expected) in cases {
            assert_eq!(operation.apply(Int(a), Int(b)), Ok(expected), "{a} {operation} {b}");
        }
    }

    #[test]
    fn one_floating_point_number_makes_the_result_one() {
        assert_eq!(Operation::Multiply.apply(Int(3), Float(2.0)), Ok(Float(6.0)));
        assert_eq!(Operation::Add.apply(Float(0.5), Int(1)), Ok(Float(1.5)));
        assert_eq!(Operation::Modulo.apply(Float(-7.5), Int(2)), Ok(Float(0.5)));
        assert_eq!(Operation::Modulo.apply(Float(7.5), Int(-2)), Ok(Float(-0.5)));
        assert_eq!(Operation::Multiply.apply(Float(f64::INFINITY), Int(-1)), Ok(Float(f64::NEG_INFINITY)));
        assert!(matches!(Operation::Add.apply(Float(f64::NAN), Int(1)), Ok(Float(nan)) if nan.is_nan()));
    }

    #[test]
    fn overflow_is_an_error_and_not_a_wrong_number() {
        assert_eq!(
            Operation::Multiply.apply(Int(i64::MAX), Int(2)),
            Err("9223372036854775807 * 2 is beyond 64 bits".to_owned())
        );
        assert_eq!(Operation::Power.apply(Int(10), Int(19)), Err("10 ** 19 is beyond 64 bits".to_owned()));
        assert_eq!(
            Operation::Power.apply(Float(1e200), Int(2)),
            Err("(34, 'Numerical result out of range')".to_owned())
        );
    }

    #[test]
    fn quotients_of_large_numbers_are_rounded_once() {
        // As `a / b` prints in Python.
        let cases = [
            (9_007_199_254_740_993, 3, 3_002_399_751_580_331.0),
            (i64::MAX, i64::MAX - 1, 1.0),
            (i64::MIN, -1, 9_223_372_036_854_775_808.0),
            (1, i64::MAX, 1.084_202_172_485_504_4e-19),
            (9_007_199_254_740_995, 9_007_199_254_740_993, 1.000_000_000_000_000_2),
        ];
        for (a, b, expected) in cases {
            assert_eq!(quotient(a, b), expected, "{a} / {b}");
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        let error = |operation: Operation, a, b| operation.apply(a, b).unwrap_err();
        assert_eq!(error(Operation::Power, Int(0), Int(-1)), "0.0 cannot be raised to a negative power");
        assert_eq!(error(Operation::Divide, Float(1.0), Int(0)), "float division by zero");
        assert_eq!(
            error(Operation::Power, Int(-8), Float(0.5)),
            "-8.0 ** 0.5 is a complex number, expected a real one"
        );
    }
}
