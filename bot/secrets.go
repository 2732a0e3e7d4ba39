package bot

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"lbbot/bot/rotation"
	"lbbot/zenlayer"
)

// changeable are the settings that may change while the bot runs, if they come from files.
// Those of one list change together; the last is the name in the log and the metric.
func changeable() [][]string {
	return [][]string{{"SLACK_BOT_TOKEN"}, {"SLACK_APP_TOKEN"},
		{"ZENLAYER_ACCESS_KEY_ID", "ZENLAYER_ACCESS_KEY_SECRET"}, {"ZENLAYER_TOKEN"},
		{"LBBOT_AUDIT_KEY"}, {"LBBOT_DATABASE_URL"}}
}

// WatchSecrets makes Run read secrets again when their files change; see SecretFiles. Call
// it once, before Run.
func (b *Bot) WatchSecrets(files map[string]string) {
	var secrets []rotation.Secret
	now := b.config // only the watcher's goroutine uses it
	for _, settings := range changeable() {
		s := rotation.Secret{Name: settings[len(settings)-1]}
		var changes []string
		for _, setting := range settings {
			if file := files[setting]; file != "" {
				s.Parts = append(s.Parts, rotation.Part{File: file, Used: secretIn(now, setting)})
				changes = append(changes, setting)
			}
		}
		if s.Parts == nil {
			continue
		}
		s.Use = func(ctx context.Context, values []zenlayer.Secret) error {
			next := now
			for i, setting := range changes {
				setSecret(&next, setting, values[i])
			}
			if err := invalid(next, changes); err != nil {
				return err
			}
			if err := b.use(ctx, s.Name, next); err != nil {
				return err
			}
			now = next
			b.inUse.Store(&next)
			return nil
		}
		secrets = append(secrets, s)
	}
	b.rotation = rotation.New(rotation.Config{Secrets: secrets, Now: time.Now, Log: b.log.Named("secrets"),
		Registerer: b.metrics})
}

// use tries a new secret and puts it in place of the old one.
func (b *Bot) use(ctx context.Context, name string, c Config) error {
	switch name {
	case "SLACK_BOT_TOKEN":
		return b.web.UseBotToken(ctx, c.SlackBotToken)
	case "SLACK_APP_TOKEN":
		return b.socket.Reopen(ctx, b.web.Opener(c.SlackAppToken))
	case "LBBOT_AUDIT_KEY":
		return b.auditor.UseKey(c.AuditKey.Reveal())
	case "LBBOT_DATABASE_URL":
		if b.journal.PostgresURL() == "" {
			return errors.New("the path of an SQLite file cannot change while lbbot runs: restart lbbot")
		}
		return b.journal.UseLogin(ctx, c.DatabaseURL)
	}
	return b.useZenlayer(ctx, c)
}

// useZenlayer tries new credentials on a load balancer that the old ones could read:
// credentials of another account see others.
func (b *Bot) useZenlayer(ctx context.Context, c Config) error {
	trial, err := b.cloud.With(zenlayer.Credentials{AccessKeyID: c.ZenlayerAccessKeyID,
		AccessKeySecret: c.ZenlayerAccessKeySecret, Token: c.ZenlayerToken})
	if err != nil {
		return err
	}
	var filter zenlayer.LoadBalancerFilter
	if known := b.catalog.LoadBalancer(); known != "" {
		filter.LoadBalancerIDs = []string{known}
	}
	read, err := trial.DescribeLoadBalancers(ctx, filter)
	if err != nil {
		return err
	}
	if len(filter.LoadBalancerIDs) > 0 && len(read) == 0 {
		return fmt.Errorf("the new credentials do not see load balancer %s: take those of the same account, "+
			"or restart lbbot to use another account", filter.LoadBalancerIDs[0])
	}
	b.cloud.Adopt(trial)
	return nil
}

// invalid returns the problems with some settings.
func invalid(c Config, settings []string) error {
	var faults []error
	for _, err := range flat(c.Validate()) {
		for _, setting := range settings {
			if e, ok := errors.AsType[*SettingError](err); ok && e.Setting == setting {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

// secretIn returns the value of a setting, which is a Secret or a string.
func secretIn(c Config, setting string) zenlayer.Secret {
	value := fieldOf(&c, setting)
	if value.Kind() == reflect.String {
		return zenlayer.NewSecret(value.String())
	}
	return value.Interface().(zenlayer.Secret)
}

func setSecret(c *Config, setting string, secret zenlayer.Secret) {
	value := fieldOf(c, setting)
	if value.Kind() == reflect.String {
		value.SetString(secret.Reveal())
		return
	}
	value.Set(reflect.ValueOf(secret))
}

// fieldOf returns the field of a setting, which must exist.
func fieldOf(c *Config, setting string) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByName(settingField(setting).Name)
}
