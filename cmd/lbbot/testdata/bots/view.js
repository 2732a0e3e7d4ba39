// What both bots show: a button, and the form that it opens.
exports.press = [{ type: 'actions', block_id: 'b', elements: [
  { type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' }, value: '1' }] }];

exports.form = { type: 'modal', callback_id: 'deploy', title: { type: 'plain_text', text: 'Deploy' },
  submit: { type: 'plain_text', text: 'Go' }, blocks: [{ type: 'input', block_id: 'host',
    label: { type: 'plain_text', text: 'Host' }, element: { type: 'plain_text_input', action_id: 'name' } }] };

// The ack of a form whose host is wrong.
exports.wrong = { response_action: 'errors', errors: { host: 'There is no such host.' } };
