package bot

import (
	"time"

	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// Config has all settings. Each field has a name in the configuration file (yaml) and in
// the environment (env). A secret can also be the content of a file whose path is in the
// variable of the same name with _FILE appended. The zero value is not valid: start from
// Defaults.
//
// The comment of a field is the text of deploy/docs/configuration.md and of the schema for
// editors; see Schema. More tags say what is accepted: oneof, the range of a number, and the
// first letters of a Slack id.
type Config struct {
	// Required; bot token, `xoxb-…`.
	SlackBotToken zenlayer.Secret `yaml:"slack_bot_token" env:"SLACK_BOT_TOKEN"`
	// Required; app-level token with `connections:write`, `xapp-…`.
	SlackAppToken zenlayer.Secret `yaml:"slack_app_token" env:"SLACK_APP_TOKEN"`
	// Address of Slack's Web API, for proxies and stand-ins; ends in a slash.
	SlackAPIURL string `yaml:"slack_api_url" env:"SLACK_API_URL"`
	// Socket Mode connections, 1 to 10; two overlap, so that one can be renewed without a gap.
	SlackConnections int `yaml:"slack_connections" env:"LBBOT_SLACK_CONNECTIONS" range:"1 10"`

	// Access key ID; required unless there is a token.
	ZenlayerAccessKeyID string `yaml:"zenlayer_access_key_id" env:"ZENLAYER_ACCESS_KEY_ID"`
	// Access key password; required with the ID.
	ZenlayerAccessKeySecret zenlayer.Secret `yaml:"zenlayer_access_key_secret" env:"ZENLAYER_ACCESS_KEY_SECRET"`
	// Personal access token instead of the pair.
	ZenlayerToken zenlayer.Secret `yaml:"zenlayer_token" env:"ZENLAYER_TOKEN"`
	// Address of the API.
	ZenlayerEndpoint string `yaml:"zenlayer_endpoint" env:"ZENLAYER_ENDPOINT"`
	// Calls that this process makes to the API in a time, and how many at once; further calls [wait in
	// line](operating.md#too-many-requests-at-once); at least `1/1s`; `0`: no limit.
	ZenlayerRate Rate `yaml:"zenlayer_rate" env:"LBBOT_ZENLAYER_RATE"`
	// What policies call the account (`resource.account`); one word.
	Account string `yaml:"account" env:"LBBOT_ACCOUNT"`

	// `sqlite:` and a path on a local disk, for one process; `postgres://USER@HOST/DATABASE` for one or several.
	DatabaseURL string `yaml:"database_url" env:"LBBOT_DATABASE_URL"`
	// Path of the policy file; if it is absent or broken at start, everybody is denied.
	Policy string `yaml:"policy" env:"LBBOT_POLICY"`

	// How long a [stop](operating.md#stop) waits for calls in progress; at most 10m.
	Drain Duration `yaml:"drain" env:"LBBOT_DRAIN"`
	// Requests that one person may have accepted in a time; `0`: no limit.
	Rate Rate `yaml:"rate" env:"LBBOT_RATE"`

	// Requests that may be accepted for one listener in a time, such as `20/1h`, whoever asks; `0`: no limit.
	ListenerRate Rate `yaml:"listener_rate" env:"LBBOT_LISTENER_RATE"`
	// How often one person whom the policy allows may use break-glass in a time; `0` disables break-glass.
	BreakGlass Rate `yaml:"break_glass" env:"LBBOT_BREAK_GLASS"`

	// Channel ID; where approvers are asked, unless the rule names a channel with `@approvers_channel`; none:
	// where the result goes.
	ApprovalChannel string `yaml:"approval_channel" env:"LBBOT_APPROVAL_CHANNEL" id:"CG"`
	// How long the bot waits for an approval; 1m to 7d.
	ApprovalWithin Duration `yaml:"approval_within" env:"LBBOT_APPROVAL_WITHIN"`
	// When approvers are reminded, counted from the first question; empty in the file: never.
	ApprovalReminders []Duration `yaml:"approval_reminders" env:"LBBOT_APPROVAL_REMINDERS"`

	// How long finished requests and their audit trail are [kept](audit.md#retention); at least 7d, and not
	// shorter than the times of `LBBOT_RATE`, `LBBOT_LISTENER_RATE` and `LBBOT_BREAK_GLASS`; `0`: forever; nothing
	// is deleted without `LBBOT_AUDIT_KEY`.
	Retention Duration `yaml:"retention" env:"LBBOT_RETENTION"`
	// Signs the checkpoint that represents the deleted part of the audit trail: 32 bytes in base64, from `openssl
	// rand -base64 32`.
	AuditKey zenlayer.Secret `yaml:"audit_key" env:"LBBOT_AUDIT_KEY"`
	// Channel ID of the [audit channel](audit.md#the-audit-channel).
	AuditChannel string `yaml:"audit_channel" env:"LBBOT_AUDIT_CHANNEL" id:"CG"`

	// Address, host:port, of `/healthz`, `/readyz` and `/metrics`; empty in the file or by flag: none.
	AdminAddr string `yaml:"admin_addr" env:"LBBOT_ADMIN_ADDR"`
	// Address, host:port, of [Go profiles](operating.md#profiles), on a loopback address; not set: none.
	PprofAddr string `yaml:"pprof_addr" env:"LBBOT_PPROF_ADDR"`
	// `debug`, `info`, `warn` or `error`.
	LogLevel string `yaml:"log_level" env:"LBBOT_LOG_LEVEL" oneof:"debug info warn error"`
	// `json` or `console`; not set: `console` on a terminal, else `json`.
	LogFormat string `yaml:"log_format" env:"LBBOT_LOG_FORMAT" oneof:"json console"`

	// Patterns on the names of incident channels; a list in the file, with commas in the environment.
	IncidentChannels []string `yaml:"incident_channels" env:"LBBOT_INCIDENT_CHANNELS"`
	// IDs of the people or bots whose channels count as [incident channels](policy.md#incident-channels); none: no
	// channel does.
	IncidentCreators []string `yaml:"incident_creators" env:"LBBOT_INCIDENT_CREATORS" id:"UWB"`
	// Channel ID; is told once of a request that needs a person, that ended for a reason that [needs the
	// owners](runbook.md#requests-end-for-a-reason-that-needs-the-owners), or whose result could not be shown for
	// a day.
	OwnerChannel string `yaml:"owner_channel" env:"LBBOT_OWNER_CHANNEL" id:"CGD"`
	// Address that the button *Open the console* on cards leads to.
	ConsoleURL string `yaml:"console_url" env:"LBBOT_CONSOLE_URL"`

	// Patterns on a listener's ID, its name, or `load-balancer/name`, such as `api-lb/*`; these always show a
	// preview, and *Add server* asks for confirmation: a dialog on a message, a box to tick in the form.
	Protected []string `yaml:"protected" env:"LBBOT_PROTECTED"`
	// Does everything but the calls that add or remove; each card says so.
	TestMode bool `yaml:"test_mode" env:"LBBOT_TEST_MODE"`
	// `always`: a typed command shows its preview first; `protected` and `never`: a valid and allowed command is
	// sent at once, unless its listener is protected; the listener is read right before the call only, so a server
	// that is there already ends on a card as *Nothing to do*. What takes a server off always shows its preview.
	Confirm intake.Confirm `yaml:"confirm" env:"LBBOT_CONFIRM" oneof:"always protected never"`
}

// Defaults returns the defaults of the settings.
func Defaults() Config {
	return Config{
		SlackAPIURL: "https://slack.com/api/", SlackConnections: 2,
		ZenlayerEndpoint: zenlayer.DefaultEndpoint, ZenlayerRate: Rate{20, Duration(time.Second)}, Account: "default",
		DatabaseURL: "sqlite:lbbot.db", Policy: "policy.cedar",
		Drain: Duration(20 * time.Second), Rate: Rate{10, Duration(10 * time.Minute)},
		Retention:      Duration(400 * 24 * time.Hour),
		BreakGlass:     Rate{2, Duration(7 * 24 * time.Hour)},
		ApprovalWithin: Duration(30 * time.Minute), ApprovalReminders: []Duration{Duration(5 * time.Minute),
			Duration(15 * time.Minute)},
		AdminAddr: "127.0.0.1:9090", LogLevel: "info",
		IncidentChannels: []string{"inc-*", "incident-*"}, Confirm: intake.ConfirmAlways,
	}
}
