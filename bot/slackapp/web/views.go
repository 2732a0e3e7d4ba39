package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/slack-go/slack"
)

// OpenView opens a modal with a fresh trigger and returns its id and the hash of
// its content.
func (w *Client) OpenView(ctx context.Context, trigger string, v slack.ModalViewRequest) (id, hash string, err error) {
	return w.showView(ctx, "views.open", trigger, v)
}

// PushView puts a modal over the one whose button gave the fresh trigger, and
// returns its id. Slack holds three.
func (w *Client) PushView(ctx context.Context, trigger string, v slack.ModalViewRequest) (id string, err error) {
	id, _, err = w.showView(ctx, "views.push", trigger, v)
	return id, err
}

// PublishHome shows a person's Home tab, if its content has this hash, and returns the
// hash of the new content. An empty hash replaces any content. Otherwise Slack's code
// is hash_conflict; it is not_enabled if the app has no Home tab.
func (w *Client) PublishHome(ctx context.Context, user, hash string, v slack.HomeTabViewRequest) (
	now string, err error) {
	view, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding a home tab: %w", err)
	}
	args := url.Values{"user_id": {user}, "view": {string(view)}}
	if hash != "" {
		args.Set("hash", hash)
	}
	answer, err := w.patient.call(ctx, "views.publish", args)
	if err != nil {
		return "", fmt.Errorf("publishing a home tab: %w", err)
	}
	return answer.Part("view").Label("hash"), nil
}

func (w *Client) showView(ctx context.Context, method, trigger string, v slack.ModalViewRequest) (
	id, hash string, err error) {
	view, err := json.Marshal(v)
	if err != nil {
		return "", "", fmt.Errorf("encoding a view: %w", err)
	}
	answer, err := w.quick.call(ctx, method, url.Values{"trigger_id": {trigger}, "view": {string(view)}})
	if err != nil {
		return "", "", fmt.Errorf("opening a view: %w", err)
	}
	opened := answer.Part("view")
	return opened.Label("id"), opened.Label("hash"), nil
}

// UpdateView replaces an open modal, if its content has this hash, and returns the
// hash of the new content. An empty hash replaces any content. Otherwise Slack's
// code is hash_conflict.
func (w *Client) UpdateView(ctx context.Context, id, hash string, v slack.ModalViewRequest) (now string, err error) {
	view, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding a view: %w", err)
	}
	args := url.Values{"view_id": {id}, "view": {string(view)}}
	if hash != "" {
		args.Set("hash", hash)
	}
	answer, err := w.patient.call(ctx, "views.update", args)
	if err != nil {
		return "", fmt.Errorf("updating a view: %w", err)
	}
	return answer.Part("view").Label("hash"), nil
}
