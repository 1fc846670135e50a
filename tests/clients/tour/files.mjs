// The tour's steps over /storage/v1, as the service.
import { taken } from "./stage.mjs";

const TEXT = "Hello منى";
const PLACE = "in/أ.txt";
const bucket = ({ service, met }) => service.storage.from(met.bucket);
const listNames = async (stage) => taken(await bucket(stage).list("in")).map((each) => each.name).sort();
const upload = async (stage) => ({
  path: taken(await bucket(stage).upload(PLACE, new TextEncoder().encode(TEXT), { contentType: "text/plain" })).path,
});

export const files = {
  "storage: make a bucket": async ({ service, email, met }) => {
    met.bucket = `tour-${email.split("@")[0]}`;
    taken(await service.storage.createBucket(met.bucket));
    return { public: taken(await service.storage.getBucket(met.bucket)).public };
  },
  "storage: upload": upload,
  "storage: upload again": upload,
  "storage: download": async (stage) => ({ text: await taken(await bucket(stage).download(PLACE)).text() }),
  "storage: list": listNames,
  "storage: a signed address": async (stage) => {
    const answer = await fetch(taken(await bucket(stage).createSignedUrl(PLACE, 60)).signedUrl);
    return { status: answer.status, text: await answer.text() };
  },
  "storage: move and copy": async (stage) => {
    taken(await bucket(stage).move(PLACE, "in/b.txt"));
    taken(await bucket(stage).copy("in/b.txt", "in/c.txt"));
    return listNames(stage);
  },
  "storage: remove": async (stage) => ({ removed: taken(await bucket(stage).remove(["in/b.txt"])).length }),
  "storage: look for what is gone": async (stage) => taken(await bucket(stage).download("in/b.txt")),
  "storage: as nobody": async ({ stranger, met }) => taken(await stranger.storage.from(met.bucket).download("in/c.txt")),
  "storage: delete the bucket": async ({ service, met }) => {
    taken(await service.storage.emptyBucket(met.bucket));
    taken(await service.storage.deleteBucket(met.bucket));
    const left = taken(await service.storage.listBuckets()).map((each) => each.id);
    return { gone: !left.includes(met.bucket) };
  },
};
