package bench

import "time"

// Report is what was measured. Its JSON is for machines; Table is for people.
type Report struct {
	At     time.Time `json:"at"`
	Go     string    `json:"go"`
	System string    `json:"system"`
	Cores  int       `json:"cores"`
	// Pinned says that the benchmark and the bot had a core each. NotPinned says why not.
	Pinned    bool   `json:"pinned"`
	NotPinned string `json:"not_pinned,omitempty"`
	// Other is the command of the bot that lbbot is compared with.
	Other   string   `json:"other,omitempty"`
	Results []Result `json:"results"`
	Ratios  []Ratio  `json:"ratios,omitempty"`

	core int // of the bots; below zero: they are not pinned
}

// Result is one turn: one process of one bot, one load.
type Result struct {
	Bot        string `json:"bot"`                // lbbot or other
	Database   string `json:"database,omitempty"` // sqlite or postgres
	Replicas   int    `json:"replicas,omitempty"` // processes of lbbot
	Load       string `json:"load"`
	Round      int    `json:"round"`
	Operations int    `json:"operations"`
	// Ack is from the command to its ack, Answer to the card with the result.
	Ack    Quantiles `json:"ack"`
	Answer Quantiles `json:"answer"`
	// Help is from /lb-register help to its ack, one at a time.
	Help      Quantiles `json:"help"`
	PerSecond float64   `json:"operations_per_second"`
	// Processor is user and system time of the bot for one operation, in milliseconds.
	Processor float64 `json:"processor_ms_per_operation"`
	// Idle is resident memory after the start, Peak the most until the end of the load,
	// in MiB, of all processes.
	Idle float64 `json:"idle_mib"`
	Peak float64 `json:"peak_mib"`
	// Start is from the start of the process to its first hello, Stop from SIGTERM to its
	// end, in milliseconds; of several processes the slowest.
	Start float64 `json:"start_to_hello_ms"`
	Stop  float64 `json:"sigterm_to_exit_ms"`
	// Commits of the journal for one operation, work that follows the result included. It
	// and Early are nil if the bot does not count them.
	Commits *float64 `json:"commits_per_operation,omitempty"`
	// Early is the part of Commits before the card with the result, measured with single
	// commands; nil: not in this turn.
	Early *float64 `json:"commits_before_result,omitempty"`
	// Writes are the writing transactions of PostgreSQL for one operation; nil elsewhere.
	Writes *float64 `json:"postgres_writes_per_operation,omitempty"`
	// Slack and Zenlayer are calls for one operation.
	Slack    map[string]float64 `json:"slack_calls_per_operation"`
	Zenlayer map[string]float64 `json:"zenlayer_calls_per_operation"`
}

// Ratio compares lbbot with the other bot: each number is lbbot's divided by the other's,
// the median of the rounds.
type Ratio struct {
	Database  string  `json:"database"`
	Load      string  `json:"load"`
	Rounds    int     `json:"rounds"`
	Ack       float64 `json:"ack_p50"`
	Answer    float64 `json:"answer_p50"`
	Help      float64 `json:"help_p50"`
	PerSecond float64 `json:"operations_per_second"`
	Processor float64 `json:"processor"`
	Peak      float64 `json:"peak_memory"`
}

// ratios compares the results of each round and takes the median of the rounds.
func ratios(results []Result) []Ratio {
	type turn struct {
		load  string
		round int
	}
	other := map[turn]Result{}
	for _, r := range results {
		if r.Bot == otherBot {
			other[turn{r.Load, r.Round}] = r
		}
	}
	type pair struct{ database, load string }
	var order []pair
	rounds := map[pair][][2]Result{}
	for _, r := range results {
		with, ok := other[turn{r.Load, r.Round}]
		if r.Bot == otherBot || !ok {
			continue
		}
		key := pair{r.Database, r.Load}
		if rounds[key] == nil {
			order = append(order, key)
		}
		rounds[key] = append(rounds[key], [2]Result{r, with})
	}
	var out []Ratio
	for _, key := range order {
		out = append(out, ratioOf(key.database, key.load, rounds[key]))
	}
	return out
}

// ratioOf takes the median of what lbbot, first, has divided by what the other bot has.
func ratioOf(database, load string, rounds [][2]Result) Ratio {
	of := func(number func(Result) float64) float64 {
		var each []float64
		for _, r := range rounds {
			if divisor := number(r[1]); divisor > 0 {
				each = append(each, number(r[0])/divisor)
			}
		}
		return median(each)
	}
	return Ratio{Database: database, Load: load, Rounds: len(rounds),
		Ack:       of(func(r Result) float64 { return r.Ack.P50 }),
		Answer:    of(func(r Result) float64 { return r.Answer.P50 }),
		Help:      of(func(r Result) float64 { return r.Help.P50 }),
		PerSecond: of(func(r Result) float64 { return r.PerSecond }),
		Processor: of(func(r Result) float64 { return r.Processor }),
		Peak:      of(func(r Result) float64 { return r.Peak }),
	}
}
