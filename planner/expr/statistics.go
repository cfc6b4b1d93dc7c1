package expr

import "github.com/fluxdb/fluxdb/document"

// statisticTable are the aggregates of statistics. Numbers count as floats, booleans as 0 and 1.
var statisticTable = []Aggregate{
	momentsOf("STDDEV_SAMP", "The standard deviation of a sample. NULL without two numbers.", deviation(1), "STDDEV"),
	momentsOf("STDDEV_POP", "The standard deviation of all there are. NULL without numbers.", deviation(0)),
	momentsOf("VAR_SAMP", "The variance of a sample. NULL without two numbers.", variance(1), "VARIANCE"),
	momentsOf("VAR_POP", "The variance of all there are. NULL without numbers.", variance(0)),
	comomentsOf("CORR", "The coefficient of correlation of y and x.", correlation),
	comomentsOf("COVAR_POP", "The covariance of y and x, of all there are.", func(m *comoments) (float64, bool) { return m.xy / m.n, m.n > 0 }),
	comomentsOf("COVAR_SAMP", "The covariance of y and x, of a sample.", func(m *comoments) (float64, bool) { return m.xy / (m.n - 1), m.n > 1 }),
	comomentsOf("REGR_SLOPE", "The slope of the line that fits the points (x, y) best.", func(m *comoments) (float64, bool) { return m.xy / m.xx, m.n > 0 && m.xx != 0 }),
	comomentsOf("REGR_INTERCEPT", "Where the line that fits the points (x, y) best meets x = 0.", func(m *comoments) (float64, bool) {
		return m.meanY - m.xy/m.xx*m.meanX, m.n > 0 && m.xx != 0
	}),
	comomentsOf("REGR_R2", "The square of the coefficient of correlation, 1.0 where y is always the same.", func(m *comoments) (float64, bool) {
		if m.yy == 0 {
			return 1, m.n > 0 && m.xx != 0
		}
		return m.xy * m.xy / m.xx / m.yy, m.n > 0 && m.xx != 0
	}),
	comomentsOf("REGR_AVGX", "The mean of x where neither is NULL.", func(m *comoments) (float64, bool) { return m.meanX, m.n > 0 }),
	comomentsOf("REGR_AVGY", "The mean of y where neither is NULL.", func(m *comoments) (float64, bool) { return m.meanY, m.n > 0 }),
	{Name: "REGR_COUNT", Fixed: true, Compact: true, Usage: "REGR_COUNT(y, x)", Doc: "The number of rows where both y and x are numbers.",
		MinArgs: 2, MaxArgs: 2, Args: []Kinds{Number | Boolean}, create: func() Accumulator { return &pairs{} }, result: countKnown},
	{Name: "MEDIAN", Usage: "MEDIAN(x)", Doc: "The number in the middle of all numbers, or between the two there, a float.",
		Args: []Kinds{Number | Boolean}, create: func() Accumulator {
			return &percentile{bag: bag{name: "MEDIAN"}, fraction: 0.5, fixed: true, between: true}
		}, result: ofKind(document.KindFloat)},
	{Name: "PERCENTILE_CONT", Within: true, Usage: "PERCENTILE_CONT(x, fraction)", Doc: "The number that lies above a fraction, 0 to 1, of all numbers, between two of them as the case may be, a float; also PERCENTILE_CONT(fraction) WITHIN GROUP (ORDER BY x).",
		aliases: []string{"QUANTILE_CONT"},
		MinArgs: 2, MaxArgs: 2, Args: []Kinds{Number | Boolean, Number}, create: func() Accumulator { return &percentile{bag: bag{name: "PERCENTILE_CONT"}, between: true} }, with: percentileAt("PERCENTILE_CONT", true), result: ofKind(document.KindFloat)},
	{Name: "PERCENTILE_DISC", Within: true, Usage: "PERCENTILE_DISC(x, fraction)", Doc: "The first value, in the order of ORDER BY, up to which a fraction, 0 to 1, of all values lies; also PERCENTILE_DISC(fraction) WITHIN GROUP (ORDER BY x).",
		aliases: []string{"QUANTILE_DISC"},
		MinArgs: 2, MaxArgs: 2, Args: []Kinds{Any, Number}, create: func() Accumulator { return &percentile{bag: bag{name: "PERCENTILE_DISC"}} }, with: percentileAt("PERCENTILE_DISC", false), result: nullable},
	{Name: "MODE", Within: true, Usage: "MODE(x)", Doc: "The most frequent value, of equally frequent ones the first in the order of ORDER BY; also MODE() WITHIN GROUP (ORDER BY x).",
		Args: []Kinds{Any}, create: func() Accumulator { return &mode{bag{name: "MODE"}} }, result: nullable},
}

func momentsOf(name, doc string, of func(*moments) (float64, bool), aliases ...string) Aggregate {
	return Aggregate{Name: name, Fixed: true, Compact: true, Usage: name + "(x)", Doc: doc, Args: []Kinds{Number | Boolean}, aliases: aliases,
		create: func() Accumulator { return &moments{of: of} }, result: ofKind(document.KindFloat)}
}

func comomentsOf(name, doc string, of func(*comoments) (float64, bool)) Aggregate {
	return Aggregate{Name: name, Fixed: true, Compact: true, Usage: name + "(y, x)", Doc: doc, MinArgs: 2, MaxArgs: 2, Args: []Kinds{Number | Boolean},
		create: func() Accumulator { return &comoments{of: of} }, result: ofKind(document.KindFloat)}
}

// pairs is REGR_COUNT.
type pairs struct{ comoments }

func (p *pairs) Result() (document.Value, error) { return document.Int(int64(p.n)), nil }
