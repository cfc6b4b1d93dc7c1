package expr

import (
	"strconv"
	"strings"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

// part returns a part of a timestamp by its name in lower case.
func part(name string, t time.Time) (document.Value, bool) {
	n := 0
	switch name {
	case "microsecond":
		n = t.Second()*1_000_000 + t.Nanosecond()/1000
	case "millisecond":
		n = t.Second()*1000 + t.Nanosecond()/1_000_000
	case "second":
		n = t.Second()
	case "minute":
		n = t.Minute()
	case "hour":
		n = t.Hour()
	case "day":
		n = t.Day()
	case "week":
		_, n = t.ISOWeek()
	case "month":
		n = int(t.Month())
	case "quarter":
		n = (int(t.Month())-1)/3 + 1
	case "year":
		n = t.Year()
	case "isoyear":
		n, _ = t.ISOWeek()
	case "dow":
		n = int(t.Weekday())
	case "isodow":
		n = (int(t.Weekday())+6)%7 + 1
	case "doy":
		n = t.YearDay()
	case "epoch":
		return document.Int(t.Unix()), true
	default:
		return document.Missing(), false
	}
	return document.Int(int64(n)), true
}

// onPart returns the function that takes one part out of a timestamp.
func onPart(name string) func(*Frame, []document.Value) (document.Value, error) {
	return func(f *Frame, a []document.Value) (document.Value, error) {
		t, ok := f.time(a[0])
		if !ok {
			return f.wrongKind(), nil
		}
		v, _ := part(name, t)
		return v, nil
	}
}

func datePart(f *Frame, a []document.Value) (document.Value, error) {
	name := a[0].AsString()
	if _, ok := part(name, time.Time{}); !ok {
		name = strings.TrimSuffix(strings.ToLower(name), "s")
		if _, ok := part(name, time.Time{}); !ok {
			return document.Missing(), badArgument("DATE_PART: unknown part %s, expected second, minute, hour, day, week, month, quarter, year, dow, doy or epoch", brief(a[0]))
		}
	}
	t, ok := f.time(a[1])
	if !ok {
		return f.wrongKind(), nil
	}
	if name == "epoch" && t.Nanosecond() != 0 {
		return document.Float(float64(t.Unix()) + float64(t.Nanosecond())/1e9), nil
	}
	v, _ := part(name, t)
	return v, nil
}

func strftime(f *Frame, a []document.Value) (document.Value, error) {
	t, ok := f.time(a[1])
	if !ok {
		return f.wrongKind(), nil
	}
	format := a[0].AsString()
	out := make([]byte, 0, len(format)+16)
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i == len(format)-1 {
			out = append(out, format...)
			break
		}
		out = append(out, format[:i]...)
		code := format[i+1]
		format = format[i+2:]
		switch code {
		case '%':
			out = append(out, '%')
		case 'J':
			out = strconv.AppendFloat(out, float64(t.Unix())/86400+2440587.5, 'f', -1, 64)
		case 's':
			out = strconv.AppendInt(out, t.Unix(), 10)
		case 'j':
			out = t.AppendFormat(out, "002")
		case 'w':
			out = strconv.AppendInt(out, int64(t.Weekday()), 10)
		case 'u':
			out = strconv.AppendInt(out, int64((t.Weekday()+6)%7)+1, 10)
		case 'V', 'G':
			year, week := t.ISOWeek()
			if code == 'G' {
				week = year
			} else if week < 10 {
				out = append(out, '0')
			}
			out = strconv.AppendInt(out, int64(week), 10)
		default:
			layout, ok := layouts[code]
			if !ok {
				return document.Missing(), badArgument("STRFTIME: unknown form %q", "%"+string(rune(code)))
			}
			out = t.AppendFormat(out, layout)
		}
		if len(out) > maxResult {
			return document.Missing(), tooLarge("STRFTIME")
		}
	}
	return textOf("STRFTIME", out)
}

// layouts are the forms of STRFTIME that package time knows.
var layouts = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'l': "3", 'M': "04", 'S': "05", 'f': "05.000",
	'p': "PM", 'P': "pm", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06",
	'b': "Jan", 'h': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday", 'Z': "MST", 'z': "-0700",
}
