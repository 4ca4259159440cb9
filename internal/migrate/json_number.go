package migrate

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// refuseAlteredNumber refuses a number that would not come back from a KV
// engine with the value it has. OpenBao parses every number of a request as a
// 64-bit float before it keeps the digits, and answers 400 to one that is out of
// range, such as 1E400. KV v2 moreover gives out what a 64-bit float keeps of a
// number, so 12345678901234567890 would be read as 12345678901234567000.
func refuseAlteredNumber(number json.Number, engine Engine) error {
	float, err := number.Float64()
	if err != nil {
		return errors.New("a number is beyond the range of a 64-bit float, which OpenBao refuses")
	}
	if engine == KV2 && exactDecimal(strconv.FormatFloat(float, 'g', -1, 64)) != exactDecimal(number.String()) {
		return errors.New("a number has more digits than a 64-bit float keeps, and KV v2 would give it out rounded: text keeps it, or a string instead of the number in OCI")
	}
	return nil
}

// decimal is the value of a number literal: digits without zeros at either end,
// and the power of ten behind the last of them.
type decimal struct {
	negative bool
	digits   string
	exponent int64
	literal  string // set where the exponent is too long to reckon with
}

// exactDecimal makes literals of the same value equal: 1.10 and 1.1, 1E3 and
// 1000. A zero has no sign.
func exactDecimal(literal string) decimal {
	mantissa, power, _ := strings.Cut(strings.ToLower(literal), "e")
	var exponent int64
	if power != "" {
		parsed, err := strconv.ParseInt(power, 10, 32)
		if err != nil {
			return decimal{literal: literal}
		}
		exponent = parsed
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	exponent -= int64(len(fraction))
	trimmed := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(trimmed))
	digits = strings.TrimLeft(trimmed, "0")
	if digits == "" {
		return decimal{}
	}
	return decimal{negative: negative, digits: digits, exponent: exponent}
}
