// pool.js PORT COUNT MESSAGE-FILE: sends the message COUNT times through nodemailer's pool of 20; prints mails per second.
const fs = require("fs");
const nodemailer = require("nodemailer");

const [port, count, path] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const raw = fs.readFileSync(path);
const transport = nodemailer.createTransport({ pool: true, host: "127.0.0.1", port, secure: false, ignoreTLS: true,
  maxConnections: 20, maxMessages: 500 });
let begun = 0;

// As many under way as there are connections, twice over, so that none waits for the next.
async function worker() {
  while (begun < count) {
    const number = begun++;
    await transport.sendMail({ envelope: { from: "lockbox@lockbox.example", to: `r${number}@contoso.example` }, raw });
  }
}

(async () => {
  const began = process.hrtime.bigint();
  await Promise.all(Array.from({ length: 40 }, worker));
  console.log((count / (Number(process.hrtime.bigint() - began) / 1e9)).toFixed(1));
  transport.close();
})();
