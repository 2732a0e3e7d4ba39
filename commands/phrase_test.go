package commands

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServerToListenerIsReadAsASentence(t *testing.T) {
	t.Parallel()
	for text, plain := range map[string]string{
		"add web-04 to api-lb/https-443 weight=5":   "api-lb/https-443 web-04 weight=5",
		"web-04 to api-lb/https-443 weight=5":       "api-lb/https-443 web-04 weight=5",
		"register web-04 TO api-lb/https-443":       "api-lb/https-443 web-04",
		"add 10.0.3.17 to api-lb:443":               "api-lb:443 10.0.3.17",
		"add i-55a1 to lst-8f2c":                    "lst-8f2c i-55a1",
		"add web-04 to lst-8f2c to=#ops":            "lst-8f2c web-04 to=#ops",
		"weight=5 web-04 to lst-8f2c reason=backup": "lst-8f2c web-04 weight=5 reason=backup",
	} {
		require.Equal(t, registration(t, plain), registration(t, text), text)
	}
	require.Equal(t, "to", registration(t, "lst-8f2c to").Server, "two words are a listener and a server")
	refused(t, "listener=lst-8f2c web-04 to lst-9")
}
