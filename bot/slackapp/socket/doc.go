// Package socket keeps an app's Socket Mode connections to Slack open
// (docs.slack.dev/apis/events-api/using-socket-mode) and delivers the envelopes that
// arrive on them.
//
// It promises:
//
//   - a connection that Slack asks to leave is closed only after its replacement has
//     had a hello, so a refresh loses nothing;
//   - Ack returns nil only after the frame was written on the envelope's connection;
//     otherwise it returns an error;
//   - network trouble is retried with back-off, a refused token or a disabled Socket
//     Mode once a minute;
//   - every wait has a timeout, and closing sends a close frame, so that Slack keeps
//     no dead connection;
//   - neither tokens nor the tickets in connection addresses are logged.
//
// Client.Run owns every goroutine and returns when all have ended. The package must
// not know commands, views or messages: it does not read payloads.
package socket
