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
type Config struct {
	// The bot token, xoxb-…; required.
	SlackBotToken zenlayer.Secret `yaml:"slack_bot_token" env:"SLACK_BOT_TOKEN"`
	// The app-level token, xapp-…; required.
	SlackAppToken zenlayer.Secret `yaml:"slack_app_token" env:"SLACK_APP_TOKEN"`
	// The base URL of the Web API; it ends in a slash.
	SlackAPIURL string `yaml:"slack_api_url" env:"SLACK_API_URL"`
	// The number of connections of this process, 1 to 10. Slack allows 10 for all processes of an app.
	SlackConnections int `yaml:"slack_connections" env:"LBBOT_SLACK_CONNECTIONS"`

	// The key pair.
	ZenlayerAccessKeyID     string          `yaml:"zenlayer_access_key_id" env:"ZENLAYER_ACCESS_KEY_ID"`
	ZenlayerAccessKeySecret zenlayer.Secret `yaml:"zenlayer_access_key_secret" env:"ZENLAYER_ACCESS_KEY_SECRET"`
	// A personal access token, instead of the key pair.
	ZenlayerToken zenlayer.Secret `yaml:"zenlayer_token" env:"ZENLAYER_TOKEN"`
	// The base URL of the API.
	ZenlayerEndpoint string `yaml:"zenlayer_endpoint" env:"ZENLAYER_ENDPOINT"`
	// API calls of this process: N at once and N in each such time; 0 means no limit.
	ZenlayerRate Rate `yaml:"zenlayer_rate" env:"LBBOT_ZENLAYER_RATE"`
	// The name of the account in policies.
	Account string `yaml:"account" env:"LBBOT_ACCOUNT"`

	// sqlite:PATH or postgres://…; it may contain a password.
	DatabaseURL string `yaml:"database_url" env:"LBBOT_DATABASE_URL"`
	// The path of the policy file.
	Policy string `yaml:"policy" env:"LBBOT_POLICY"`

	// How long a stop waits for calls in progress.
	Drain Duration `yaml:"drain" env:"LBBOT_DRAIN"`
	// How many requests of one person are accepted in a time, for example 10/10m; 0 means no limit.
	Rate Rate `yaml:"rate" env:"LBBOT_RATE"`

	// How many requests for one listener are accepted in a time; 0 means no limit.
	ListenerRate Rate `yaml:"listener_rate" env:"LBBOT_LISTENER_RATE"`
	// How often one person may use break-glass in a time; 0 disables break-glass.
	BreakGlass Rate `yaml:"break_glass" env:"LBBOT_BREAK_GLASS"`

	// The id of the channel for approvals; empty means the channel of the result.
	ApprovalChannel string `yaml:"approval_channel" env:"LBBOT_APPROVAL_CHANNEL"`
	// How long a request waits for approval.
	ApprovalWithin Duration `yaml:"approval_within" env:"LBBOT_APPROVAL_WITHIN"`
	// When to remind approvers, counted from asking; ascending.
	ApprovalReminders []Duration `yaml:"approval_reminders" env:"LBBOT_APPROVAL_REMINDERS"`

	// How long finished operations and their events are kept; 0 means forever.
	Retention Duration `yaml:"retention" env:"LBBOT_RETENTION"`
	// The key that signs checkpoints for deleted events; without it nothing is deleted.
	AuditKey zenlayer.Secret `yaml:"audit_key" env:"LBBOT_AUDIT_KEY"`
	// The id of the audit channel; empty means none.
	AuditChannel string `yaml:"audit_channel" env:"LBBOT_AUDIT_CHANNEL"`

	// host:port of health and metrics; empty means none.
	AdminAddr string `yaml:"admin_addr" env:"LBBOT_ADMIN_ADDR"`
	// Loopback host:port of the Go profiles; empty means none.
	PprofAddr string `yaml:"pprof_addr" env:"LBBOT_PPROF_ADDR"`
	// debug, info, warn or error.
	LogLevel string `yaml:"log_level" env:"LBBOT_LOG_LEVEL"`
	// json or console; empty means console on a terminal.
	LogFormat string `yaml:"log_format" env:"LBBOT_LOG_FORMAT"`

	// Glob patterns for the names of incident channels.
	IncidentChannels []string `yaml:"incident_channels" env:"LBBOT_INCIDENT_CHANNELS"`
	// The ids of people and bots whose channels can be incident channels.
	IncidentCreators []string `yaml:"incident_creators" env:"LBBOT_INCIDENT_CREATORS"`
	// The id of the channel of the bot's owner; empty means none.
	OwnerChannel string `yaml:"owner_channel" env:"LBBOT_OWNER_CHANNEL"`
	// The address where people see the load balancer.
	ConsoleURL string `yaml:"console_url" env:"LBBOT_CONSOLE_URL"`

	// Glob patterns for listener id, name or load-balancer/name that need an extra confirmation.
	Protected []string `yaml:"protected" env:"LBBOT_PROTECTED"`
	// Rehearse: do everything except the call that writes.
	TestMode bool `yaml:"test_mode" env:"LBBOT_TEST_MODE"`
	// When a preview is shown first: always, protected or never.
	Confirm intake.Confirm `yaml:"confirm" env:"LBBOT_CONFIRM"`
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
