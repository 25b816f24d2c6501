import { showHelpcrunchFiles } from "@helpcrunch_chatbot/discuss/message_patch";

import { describe, expect, test } from "@odoo/hoot";

describe.current.tags("headless");

function makeBody(kind) {
    const body = document.createElement("div");
    body.innerHTML = `
        <span class="o_helpcrunch_file o_helpcrunch_${kind}">
            <a href="https://shop.example/helpcrunch/media/x/photo.png">photo.png</a>
        </span>
        <a href="https://elsewhere.example/photo.png">elsewhere</a>`;
    return body;
}

test("a picture is shown, and its server does not learn of the page", () => {
    const body = makeBody("image");
    showHelpcrunchFiles(body);
    const image = body.querySelector("a img");
    expect(image.src).toBe("https://shop.example/helpcrunch/media/x/photo.png");
    expect(image.alt).toBe("photo.png");
    expect(image.referrerPolicy).toBe("no-referrer");
    expect(image.loading).toBe("lazy");
});

test("what can be played has a player beside its link", () => {
    for (const kind of ["video", "audio"]) {
        const body = makeBody(kind);
        showHelpcrunchFiles(body);
        const player = body.querySelector(kind);
        expect(player.controls).toBe(true);
        expect(player.preload).toBe("none");
        expect(body.querySelectorAll("a")).toHaveLength(2);
    }
});

test("other links and other files stay as they are, and nothing is shown twice", () => {
    const plain = makeBody("file");
    showHelpcrunchFiles(plain);
    expect(plain.querySelectorAll("img, video, audio")).toHaveLength(0);
    const body = makeBody("audio");
    showHelpcrunchFiles(body);
    showHelpcrunchFiles(body);
    expect(body.querySelectorAll("audio")).toHaveLength(1);
    expect(body.querySelectorAll("img")).toHaveLength(0);
});
