package zenlayer_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"lbbot/zenlayer"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := zenlayer.NewSecret(plantedToken)
	type holder struct {
		Public  zenlayer.Secret
		private zenlayer.Secret
		list    []zenlayer.Secret
	}
	values := []any{
		secret, &secret, holder{secret, secret, []zenlayer.Secret{secret}},
		map[string]zenlayer.Secret{"k": secret}, zenlayer.Config{AccessKeySecret: secret, Token: secret},
	}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p"} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, plantedToken, verb)
			require.NotContains(t, text, fmt.Sprintf("%x", plantedToken), verb)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "[redacted]", fmt.Sprintf(verb, secret))
	}
}

func TestASecretIsNeverEncodedOrLogged(t *testing.T) {
	t.Parallel()
	secret := zenlayer.NewSecret(plantedToken)
	encoded, err := json.Marshal(map[string]any{"a": secret, "b": &secret, "c": []zenlayer.Secret{secret}})
	require.NoError(t, err)
	require.Equal(t, `{"a":"[redacted]","b":"[redacted]","c":["[redacted]"]}`, string(encoded))
	text, err := secret.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "[redacted]", string(text))

	line, err := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()).EncodeEntry(zapcore.Entry{Message: "m"},
		[]zapcore.Field{
			zap.Any("any", secret), zap.Stringer("stringer", secret), zap.Reflect("reflect", secret),
			zap.Any("config", zenlayer.Config{Token: secret}.Token),
		})
	require.NoError(t, err)
	require.NotContains(t, line.String(), plantedToken)
	require.Contains(t, line.String(), `"any":"[redacted]"`)
}

func TestASecretCanBeReadFromConfigurationAndRevealed(t *testing.T) {
	t.Parallel()
	var secret zenlayer.Secret
	require.True(t, secret.IsZero())
	require.Empty(t, secret.Reveal())
	require.True(t, zenlayer.NewSecret("").IsZero())
	require.NoError(t, json.Unmarshal([]byte(`"`+plantedToken+`"`), &secret))
	require.False(t, secret.IsZero())
	require.Equal(t, plantedToken, secret.Reveal())
}
