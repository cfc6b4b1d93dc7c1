package expr

import (
	"strings"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

// dateFunctions work on timestamps in UTC, and on strings that spell one as JSON documents have them.
var dateFunctions = []Function{
	{Name: "NOW", Usage: "NOW()", Doc: "The time at which the statement began, the same for all its rows.", Result: momentResult,
		aliases: []string{"CURRENT_TIMESTAMP", "LOCALTIMESTAMP"}, eval: func(f *Frame, _ []document.Value) (document.Value, error) { return f.now() }},
	{Name: "CURRENT_DATE", Usage: "CURRENT_DATE", Doc: "The first moment of the day on which the statement began.", Result: momentResult,
		eval: func(f *Frame, _ []document.Value) (document.Value, error) {
			v, err := f.now()
			if err != nil {
				return v, err
			}
			return timestamp(truncate(v.AsTime(), unitDay))
		}},
	{Name: "CURRENT_TIME", Usage: "CURRENT_TIME", Doc: "The time of day at which the statement began, as text.", Result: textResult,
		aliases: []string{"LOCALTIME"}, eval: func(f *Frame, _ []document.Value) (document.Value, error) {
			v, err := f.now()
			if err != nil {
				return v, err
			}
			return document.String(v.AsTime().Format(time.TimeOnly)), nil
		}},
	{Name: "DATE", Usage: "DATE(t)", Doc: "The first moment of a timestamp's day.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{moment}, Result: stampResult, eval: func(f *Frame, a []document.Value) (document.Value, error) {
			t, ok := f.time(a[0])
			if !ok {
				return f.wrongKind(), nil
			}
			return timestamp(truncate(t, unitDay))
		}},
	{Name: "DATE_TRUNC", Usage: "DATE_TRUNC(unit, t)", Doc: "The first moment of the unit (second, minute, hour, day, week, month, quarter, year) that a timestamp lies in.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text, moment}, Result: stampResult, eval: dateTrunc},
	{Name: "DATE_PART", Usage: "DATE_PART(part, t)", Doc: "A part of a timestamp: microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, dow, isodow, doy, epoch.", MinArgs: 2, MaxArgs: 2,
		aliases: []string{"EXTRACT"}, Args: []Kinds{Text, moment}, Result: numberResult, eval: datePart},
	{Name: "DATE_ADD", Usage: "DATE_ADD(t, n, unit)", Doc: "The timestamp n units later; in a shorter month the last day takes the place of a later one.", MinArgs: 3, MaxArgs: 3,
		Args: []Kinds{moment, Whole, Text}, Result: stampResult, eval: func(f *Frame, a []document.Value) (document.Value, error) { return dateAdd("DATE_ADD", f, a, 1) }},
	{Name: "DATE_SUB", Usage: "DATE_SUB(t, n, unit)", Doc: "The timestamp n units earlier.", MinArgs: 3, MaxArgs: 3,
		Args: []Kinds{moment, Whole, Text}, Result: stampResult, eval: func(f *Frame, a []document.Value) (document.Value, error) { return dateAdd("DATE_SUB", f, a, -1) }},
	{Name: "DATE_DIFF", Usage: "DATE_DIFF(unit, a, b)", Doc: "How many times a new unit begins from a to b; weeks begin on Monday.", MinArgs: 3, MaxArgs: 3,
		Args: []Kinds{Text, moment}, Result: wholeResult, eval: dateDiff},
	{Name: "STRFTIME", Usage: "STRFTIME(format, t)", Doc: "A timestamp as text; %Y %m %d %H %M %S and the like stand for its parts.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text, moment}, Result: textResult, eval: strftime},
	{Name: "TO_TIMESTAMP", Usage: "TO_TIMESTAMP(x)", Doc: "The timestamp that a string spells, or a number of seconds since 1970 stands for.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"DATETIME", "TIMESTAMP"},
		Args:    []Kinds{Number | moment}, Result: stampResult, eval: toTimestamp},
	{Name: "UNIXEPOCH", Usage: "UNIXEPOCH(t)", Doc: "The whole seconds from 1970 to a timestamp.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{moment}, Result: wholeResult, eval: onPart("epoch")},
	{Name: "YEAR", Usage: "YEAR(t)", Doc: "The year of a timestamp.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{moment}, Result: wholeResult, eval: onPart("year")},
	{Name: "MONTH", Usage: "MONTH(t)", Doc: "The month of a timestamp, from 1.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{moment}, Result: wholeResult, eval: onPart("month")},
	{Name: "DAY", Usage: "DAY(t)", Doc: "The day of the month of a timestamp.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{moment}, Result: wholeResult, eval: onPart("day")},
	{Name: "HOUR", Usage: "HOUR(t)", Doc: "The hour of a timestamp, from 0.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{moment}, Result: wholeResult, eval: onPart("hour")},
	{Name: "MINUTE", Usage: "MINUTE(t)", Doc: "The minute of a timestamp.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{moment}, Result: wholeResult, eval: onPart("minute")},
	{Name: "SECOND", Usage: "SECOND(t)", Doc: "The whole seconds of a timestamp's minute.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{moment}, Result: wholeResult,
		eval: func(f *Frame, a []document.Value) (document.Value, error) {
			t, ok := f.time(a[0])
			if !ok {
				return f.wrongKind(), nil
			}
			return document.Int(int64(t.Second())), nil
		}},
}

// moment is what stands for a point in time.
const moment = Stamp | Text

func momentResult([]Static) Static { return Static{Kind: document.KindTimestamp, NotNull: true} }

// now is the time of the statement.
func (f *Frame) now() (document.Value, error) {
	if f.Run == nil {
		return document.Missing(), badArgument("NOW has no statement")
	}
	return timestamp(f.Run.Now.UTC())
}

// timestamp returns t, or the error that no timestamp reaches so far.
func timestamp(t time.Time) (document.Value, error) {
	v, err := document.Timestamp(t)
	if err != nil {
		return document.Missing(), overflow("%v", err)
	}
	return v, nil
}

// time returns a timestamp, or a string that spells one.
func (f *Frame) time(v document.Value) (time.Time, bool) {
	if v.Kind() == document.KindString {
		v = parseStamp(v.AsString())
	}
	return v.AsTime(), v.Kind() == document.KindTimestamp
}

// unit is a unit of time.
type unit uint8

const (
	unitNone unit = iota
	unitMicrosecond
	unitMillisecond
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitQuarter
	unitYear
)

var units = map[string]unit{
	"microsecond": unitMicrosecond, "millisecond": unitMillisecond, "second": unitSecond, "minute": unitMinute,
	"hour": unitHour, "day": unitDay, "week": unitWeek, "month": unitMonth, "quarter": unitQuarter, "year": unitYear,
}

// span is how long a unit is, 0 for one that varies.
var span = [...]time.Duration{
	unitMicrosecond: time.Microsecond, unitMillisecond: time.Millisecond, unitSecond: time.Second, unitMinute: time.Minute,
	unitHour: time.Hour, unitDay: 24 * time.Hour, unitWeek: 7 * 24 * time.Hour, unitYear: 0,
}

// unitOf reads a unit, in any case and in the plural too.
func unitOf(function, name string) (unit, error) {
	if u, ok := units[name]; ok {
		return u, nil
	}
	if u, ok := units[strings.TrimSuffix(strings.ToLower(name), "s")]; ok {
		return u, nil
	}
	return unitNone, badArgument("%s: unknown unit %s, expected second, minute, hour, day, week, month, quarter or year",
		function, brief(document.String(name)))
}

// truncate returns the first moment of the unit that t lies in. Weeks begin on Monday.
func truncate(t time.Time, u unit) time.Time {
	year, month, day := t.Date()
	switch u {
	case unitYear:
		month, day = 1, 1
	case unitQuarter:
		month, day = (month-1)/3*3+1, 1
	case unitMonth:
		day = 1
	case unitWeek:
		day -= (int(t.Weekday()) + 6) % 7
	case unitDay:
	default:
		// A duration reaches 292 years only, so it is taken from the day's begin.
		midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		return midnight.Add(t.Sub(midnight).Truncate(span[u]))
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func dateTrunc(f *Frame, a []document.Value) (document.Value, error) {
	u, err := unitOf("DATE_TRUNC", a[0].AsString())
	if err != nil {
		return document.Missing(), err
	}
	t, ok := f.time(a[1])
	if !ok {
		return f.wrongKind(), nil
	}
	return timestamp(truncate(t, u))
}

func dateAdd(name string, f *Frame, a []document.Value, sign int64) (document.Value, error) {
	u, err := unitOf(name, a[2].AsString())
	if err != nil {
		return document.Missing(), err
	}
	t, ok := f.time(a[0])
	if !ok {
		return f.wrongKind(), nil
	}
	// Beyond this many years in microseconds, the shortest unit, no sum is a timestamp.
	const most = 10_000 * 366 * 86_400 * 1_000_000
	n := a[1].AsInt()
	if n > most || n < -most {
		return document.Missing(), overflow("timestamp overflow: %d units of time", n)
	}
	n *= sign
	if span[u] == 0 {
		return addMonths(t, n*months[u])
	}
	// Seconds and the rest apart: a duration reaches 292 years only.
	perSecond := int64(time.Second / min(span[u], time.Second))
	seconds := n / perSecond
	if span[u] > time.Second {
		perUnit := int64(span[u] / time.Second)
		if seconds > most/1_000_000/perUnit || seconds < -most/1_000_000/perUnit {
			return document.Missing(), overflow("timestamp overflow: %d units of time", n)
		}
		seconds *= perUnit
	}
	rest := time.Duration(n%perSecond) * min(span[u], time.Second)
	return timestamp(time.Unix(t.Unix()+seconds, int64(t.Nanosecond())).Add(rest).UTC())
}

// months is how many of them a unit has whose length varies.
var months = [...]int64{unitMonth: 1, unitQuarter: 3, unitYear: 12}

// addMonths keeps the day, or takes the last one of a shorter month.
func addMonths(t time.Time, n int64) (document.Value, error) {
	const most = 10_000 * 12
	if n > most || n < -most {
		return document.Missing(), overflow("timestamp overflow: %d months", n)
	}
	year, month, day := t.Date()
	first := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return timestamp(first.AddDate(0, 0, min(day, last)-1).Add(t.Sub(midnight)))
}

func dateDiff(f *Frame, args []document.Value) (document.Value, error) {
	u, err := unitOf("DATE_DIFF", args[0].AsString())
	if err != nil {
		return document.Missing(), err
	}
	a, ok := f.time(args[1])
	b, ok2 := f.time(args[2])
	if !ok || !ok2 {
		return f.wrongKind(), nil
	}
	a, b = truncate(a, u), truncate(b, u)
	if span[u] == 0 {
		n := int64(b.Year()-a.Year())*12 + int64(b.Month()-a.Month())
		return document.Int(n / months[u]), nil
	}
	seconds, nanos := b.Unix()-a.Unix(), int64(b.Nanosecond()-a.Nanosecond())
	if span[u] >= time.Second {
		return document.Int(seconds / int64(span[u]/time.Second)), nil
	}
	return document.Int(seconds*int64(time.Second/span[u]) + nanos/int64(span[u])), nil
}

func toTimestamp(f *Frame, a []document.Value) (document.Value, error) {
	v := a[0]
	if v.Kind().IsNumber() {
		return secondsToTimestamp(v)
	}
	t, ok := f.time(v)
	if !ok {
		return f.wrongKind(), nil
	}
	return timestamp(t)
}

// secondsToTimestamp returns the time so many seconds after 1970.
func secondsToTimestamp(v document.Value) (document.Value, error) {
	if x := v.AsFloat(); !(x >= document.MinTimestamp && x <= document.MaxTimestamp) {
		return document.Missing(), overflow("timestamp overflow: %s seconds after 1970", literalText(v))
	}
	if v.Kind() == document.KindInt {
		return document.UnixTimestamp(v.AsInt(), 0), nil
	}
	// A float of this size tells about a microsecond.
	const micro = 1_000_000
	whole := int64(v.AsFloat())
	rest := int64((v.AsFloat()-float64(whole))*micro + 0.5)
	if v.AsFloat() < float64(whole) {
		rest = int64((v.AsFloat()-float64(whole))*micro - 0.5)
	}
	return timestamp(time.Unix(whole, rest*1000).UTC())
}
