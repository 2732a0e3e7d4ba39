package bot

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/operation"
)

// pauseReader reads whether the bot is paused, for /readyz and the metrics.
type pauseReader struct {
	read func(ctx context.Context) (*operation.Pause, error)
	last atomic.Bool // as last read
}

// pauseWithin bounds a reading for the metrics.
const pauseWithin = time.Second

// newPauseReader registers the metric, which is read when it is scraped.
func newPauseReader(read func(context.Context) (*operation.Pause, error), r prometheus.Registerer) *pauseReader {
	p := &pauseReader{read: read}
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lbbot_paused",
		Help: "1 while the bot is paused and sends no new request, as last read from the database."}, p.gauge))
	return p
}

func (p *pauseReader) gauge() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), pauseWithin)
	defer cancel()
	_ = p.line(ctx) // if it cannot be read, the last value stays
	if p.last.Load() {
		return 1
	}
	return 0
}

// line says who paused the bot, "" if it is not paused or that cannot be read.
func (p *pauseReader) line(ctx context.Context) string {
	is, err := p.read(ctx)
	if err != nil {
		return ""
	}
	if p.last.Store(is != nil); is == nil {
		return ""
	}
	return fmt.Sprintf("paused since %s UTC by %s", is.At.UTC().Format(time.DateTime), is.By.UserID)
}
