// The browser's part of the test of senders: find the number whose hash is asked for (ALTCHA), then open the button.
(async () => {
  const form = document.querySelector("form[data-challenge]");
  const asked = JSON.parse(form.dataset.challenge);
  const encoder = new TextEncoder();
  const hash = async (number) => {
    const octets = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(asked.salt + number)));
    return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  };
  const AT_ONCE = 500;
  for (let first = 0; first <= asked.max; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => first + index);
    const hashes = await Promise.all(numbers.map(hash));
    const found = hashes.indexOf(asked.challenge);
    if (found >= 0) {
      const { algorithm, challenge, salt, signature } = asked;
      const number = first + found;
      form.elements.proof.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
      form.querySelector("[data-state]").textContent = form.dataset.ready;
      form.querySelector("button:disabled").disabled = false;
      return;
    }
  }
})();
