// Actions: asked of the server, answered with an object that has a sentence where something cannot be.

export async function ask(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return await answer.json();
  } catch {
    return { sentence: "The page's server does not answer; nothing was asked of the training." };
  }
}
