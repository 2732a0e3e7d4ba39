package bot

import (
	"fmt"
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLog makes the log: JSON lines, or lines for people. If the settings name no format,
// terminal chooses the second. The level can be changed while the log is in use.
func NewLog(c Config, out io.Writer, terminal bool) (*zap.Logger, zap.AtomicLevel, error) {
	level, err := zap.ParseAtomicLevel(c.LogLevel)
	if err != nil {
		return nil, level, fmt.Errorf("LBBOT_LOG_LEVEL: %w", err)
	}
	e := zap.NewProductionEncoderConfig()
	e.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	e.TimeKey = "time"
	encoder := zapcore.NewJSONEncoder(e)
	if c.LogFormat == "console" || c.LogFormat == "" && terminal {
		e.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		encoder = zapcore.NewConsoleEncoder(e)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(out)), level)), level, nil
}
