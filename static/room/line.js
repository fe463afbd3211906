import { pause } from "../lib/jobs.js";
import { Http } from "./http.js";

/** What lib/uploading.js needs of the page: requests, the connect token, time. */
export function lineOf(room) {
  return {
    fetch: (...all) => fetch(...all), now: () => performance.now(), wait: pause,
    token: () => room.getAttribute("token"), renew: () => new Http(room).renew(),
  };
}
