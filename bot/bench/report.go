package bench

import "time"

// Report is what was measured. Its JSON is for machines; Table is for people.
type Report struct {
	At     time.Time `json:"at"`
	Go     string    `json:"go"`
	System string    `json:"system"`
	Cores  int       `json:"cores"`
	// Pinned says that the benchmark and the bot had a core each. NotPinned says why not.
	Pinned    bool     `json:"pinned"`
	NotPinned string   `json:"not_pinned,omitempty"`
	Results   []Result `json:"results"`
}

// Result is one turn: one process of one bot, one load.
type Result struct {
	Bot        string    `json:"bot"`                // lbbot or other
	Database   string    `json:"database,omitempty"` // sqlite or postgres
	Load       string    `json:"load"`
	Round      int       `json:"round"`
	Operations int       `json:"operations"`
	Ack        Quantiles `json:"ack"`
	Answer     Quantiles `json:"answer"` // the card with the result is shown
	PerSecond  float64   `json:"operations_per_second"`
	// Processor is user and system time of the bot for one operation, in milliseconds.
	Processor float64 `json:"processor_ms_per_operation"`
	// Idle and Peak are resident memory, in MiB.
	Idle float64 `json:"idle_mib"`
	Peak float64 `json:"peak_mib"`
	// Start is from the start of the process to its first hello, Stop from SIGTERM to its
	// end, in milliseconds.
	Start float64 `json:"start_to_hello_ms"`
	Stop  float64 `json:"sigterm_to_exit_ms"`
	// Commits of the journal for one operation, work that follows the result included; 0
	// if the bot does not count them.
	Commits float64 `json:"commits_per_operation"`
	// Slack and Zenlayer are calls for one operation.
	Slack    map[string]float64 `json:"slack_calls_per_operation"`
	Zenlayer map[string]float64 `json:"zenlayer_calls_per_operation"`
}
