package bot

import (
	"time"

	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// Config is everything the bot can be told. Each field has a name in the
// configuration file (yaml) and in the environment (env); every secret can
// also be given as the path of a file, in the variable of the same name with
// _FILE appended. The zero value is not valid: start from Defaults.
type Config struct {
	SlackBotToken    zenlayer.Secret `yaml:"slack_bot_token" env:"SLACK_BOT_TOKEN"`           // xoxb-…; required
	SlackAppToken    zenlayer.Secret `yaml:"slack_app_token" env:"SLACK_APP_TOKEN"`           // xapp-…; required
	SlackAPIURL      string          `yaml:"slack_api_url" env:"SLACK_API_URL"`               // ends in a slash
	SlackConnections int             `yaml:"slack_connections" env:"LBBOT_SLACK_CONNECTIONS"` // 1 to 10, all processes of the app together

	ZenlayerAccessKeyID     string          `yaml:"zenlayer_access_key_id" env:"ZENLAYER_ACCESS_KEY_ID"`
	ZenlayerAccessKeySecret zenlayer.Secret `yaml:"zenlayer_access_key_secret" env:"ZENLAYER_ACCESS_KEY_SECRET"`
	ZenlayerToken           zenlayer.Secret `yaml:"zenlayer_token" env:"ZENLAYER_TOKEN"` // instead of the pair
	ZenlayerEndpoint        string          `yaml:"zenlayer_endpoint" env:"ZENLAYER_ENDPOINT"`
	ZenlayerRate            Rate            `yaml:"zenlayer_rate" env:"LBBOT_ZENLAYER_RATE"` // API calls of this process, N at once and N in each such time; 0 for no limit
	Account                 string          `yaml:"account" env:"LBBOT_ACCOUNT"`             // the name that policies know the account by

	DatabaseURL string `yaml:"database_url" env:"LBBOT_DATABASE_URL"` // sqlite:PATH or postgres://…; may hold a password
	Policy      string `yaml:"policy" env:"LBBOT_POLICY"`             // path of the policy file

	Drain Duration `yaml:"drain" env:"LBBOT_DRAIN"` // how long a stop waits for calls under way
	Rate  Rate     `yaml:"rate" env:"LBBOT_RATE"`   // what one person may have accepted, such as 10/10m; 0 for no limit

	ListenerRate Rate `yaml:"listener_rate" env:"LBBOT_LISTENER_RATE"` // what may be accepted for one listener; 0 for no limit
	BreakGlass   Rate `yaml:"break_glass" env:"LBBOT_BREAK_GLASS"`     // how often one person may skip approval; 0 for never

	ApprovalChannel   string     `yaml:"approval_channel" env:"LBBOT_APPROVAL_CHANNEL"`     // channel id; empty: where the result goes
	ApprovalWithin    Duration   `yaml:"approval_within" env:"LBBOT_APPROVAL_WITHIN"`       // how long an answer is waited for
	ApprovalReminders []Duration `yaml:"approval_reminders" env:"LBBOT_APPROVAL_REMINDERS"` // after asking, growing

	Retention    Duration        `yaml:"retention" env:"LBBOT_RETENTION"`         // how long finished operations and their events are kept; 0: for good
	AuditKey     zenlayer.Secret `yaml:"audit_key" env:"LBBOT_AUDIT_KEY"`         // signs what stands for events that were deleted; none: none are
	AuditChannel string          `yaml:"audit_channel" env:"LBBOT_AUDIT_CHANNEL"` // channel id; empty: none

	AdminAddr string `yaml:"admin_addr" env:"LBBOT_ADMIN_ADDR"` // host:port of health and metrics; empty: none
	LogLevel  string `yaml:"log_level" env:"LBBOT_LOG_LEVEL"`   // debug, info, warn, error
	LogFormat string `yaml:"log_format" env:"LBBOT_LOG_FORMAT"` // json or console; empty: console on a terminal

	IncidentChannels []string `yaml:"incident_channels" env:"LBBOT_INCIDENT_CHANNELS"` // globs on the name
	IncidentCreators []string `yaml:"incident_creators" env:"LBBOT_INCIDENT_CREATORS"` // user or bot ids
	OwnerChannel     string   `yaml:"owner_channel" env:"LBBOT_OWNER_CHANNEL"`         // channel id
	ConsoleURL       string   `yaml:"console_url" env:"LBBOT_CONSOLE_URL"`             // where people see the load balancer

	Protected []string       `yaml:"protected" env:"LBBOT_PROTECTED"` // globs on listener id, name, load-balancer/name
	TestMode  bool           `yaml:"test_mode" env:"LBBOT_TEST_MODE"` // everything but the write
	Confirm   intake.Confirm `yaml:"confirm" env:"LBBOT_CONFIRM"`     // always, protected or never
}

// Defaults returns the settings that need not be given.
func Defaults() Config {
	return Config{
		SlackAPIURL: "https://slack.com/api/", SlackConnections: 2,
		ZenlayerEndpoint: zenlayer.DefaultEndpoint, ZenlayerRate: Rate{20, Duration(time.Second)}, Account: "default",
		DatabaseURL: "sqlite:lbbot.db", Policy: "policy.cedar",
		Drain: Duration(20 * time.Second), Rate: Rate{10, Duration(10 * time.Minute)}, Retention: Duration(400 * 24 * time.Hour),
		BreakGlass:     Rate{2, Duration(7 * 24 * time.Hour)},
		ApprovalWithin: Duration(30 * time.Minute), ApprovalReminders: []Duration{Duration(5 * time.Minute), Duration(15 * time.Minute)},
		AdminAddr: "127.0.0.1:9090", LogLevel: "info",
		IncidentChannels: []string{"inc-*", "incident-*"}, Confirm: intake.ConfirmAlways,
	}
}
