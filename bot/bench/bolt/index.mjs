// A minimal bot on @slack/bolt to compare with: it acks, calls RegisterBackend and posts
// the result. It checks nothing and stores nothing. See deploy/docs/performance.md.
import { createHash, createHmac, randomUUID } from "node:crypto";
import { Agent, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import bolt from "@slack/bolt";

const env = process.env;
const endpoint = new URL("/api/v2/bmc", env.ZENLAYER_ENDPOINT);
const contentType = "application/json";

// authorization signs one request with ZC2-HMAC-SHA256.
function authorization(body, timestamp) {
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const signed = "content-type;host";
  const canonical = `POST\n/\n\ncontent-type:${contentType}\nhost:${endpoint.host}\n\n${signed}\n${sha256(body)}`;
  const text = `ZC2-HMAC-SHA256\n${timestamp}\n${sha256(canonical)}`;
  const signature = createHmac("sha256", env.ZENLAYER_ACCESS_KEY_SECRET).update(text).digest("hex");
  return `ZC2-HMAC-SHA256 Credential=${env.ZENLAYER_ACCESS_KEY_ID}, SignedHeaders=${signed}, Signature=${signature}`;
}

const send = endpoint.protocol === "http:" ? httpRequest : httpsRequest;
const agent = endpoint.protocol === "http:" ? new Agent({ keepAlive: true }) : undefined;

// registerBackend adds a server and returns the id of its entry.
function registerBackend(parameters) {
  const body = JSON.stringify(parameters);
  const timestamp = String(Math.floor(Date.now() / 1000));
  return new Promise((resolve, reject) => {
    const call = send(endpoint, {
      agent,
      method: "POST",
      headers: {
        "Content-Type": contentType,
        "Content-Length": Buffer.byteLength(body),
        "X-ZC-Action": "RegisterBackend",
        "X-ZC-Version": "2026-02-01",
        "X-ZC-Signature-Method": "ZC2-HMAC-SHA256",
        "X-ZC-Timestamp": timestamp,
        Authorization: authorization(body, timestamp),
      },
    }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => { text += part; });
      answer.on("error", reject);
      answer.on("end", () => {
        try {
          const id = JSON.parse(text).response?.backendId;
          id ? resolve(id) : reject(new Error(text));
        } catch (error) {
          reject(error);
        }
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}

const app = new bolt.App({
  token: env.SLACK_BOT_TOKEN,
  appToken: env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: bolt.LogLevel.ERROR,
  clientOptions: { slackApiUrl: env.SLACK_API_URL },
});

app.command("/lb-register", async ({ command, ack, client }) => {
  const [listenerId, instanceId] = command.text.split(/\s+/);
  if (listenerId === "help") {
    await ack("/lb-register LISTENER SERVER");
    return;
  }
  await ack();
  let text;
  try {
    const id = await registerBackend({
      listenerId, backendName: instanceId, instanceId, clientToken: randomUUID(), portList: [8443], weight: 20,
    });
    text = `Added: ${instanceId} to ${listenerId} as ${id}.`;
  } catch (error) {
    text = `Not added: ${instanceId}: ${error.message}`;
  }
  await client.chat.postMessage({ channel: command.channel_id, text });
});

app.error(async (error) => console.error(error));
process.on("SIGTERM", async () => {
  await app.stop();
  process.exit(0);
});
await app.start();
