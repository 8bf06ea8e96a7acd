package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.api.PngFile;

/**
 * The studio page in a real browser, for which Debian's Chromium must be installed; otherwise these tests are skipped.
 * {@code -Dsjd4j.screenshots=DIR} keeps what it looked like.
 */
class StudioTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final double PATIENCE_MILLIS = 180_000; // against hanging
    private static final @Nullable String SCREENSHOTS = System.getProperty("sjd4j.screenshots");

    private static TestServer server;
    private static Playwright playwright;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Files.isExecutable(CHROMIUM), "no browser: install Debian's chromium to drive the studio page");
        server = TestServer.start().awaitReady();
        TestServer.eventually(() -> server.autoregressionSeconds() > 0, "the page can say what plain AR would take");
        int images = SCREENSHOTS == null ? 0 : 16; // shown is a server in use, which is warm
        for (int seed = 0; seed < images; seed++) {
            server.generate("{\"prompt\":\"red apple, noto style\",\"seed\":%s}".formatted(seed));
        }
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(CHROMIUM)
                        .setArgs(List.of("--no-sandbox", "--disable-gpu", "--disable-background-networking")));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            browser.close();
            playwright.close();
            server.close();
        }
    }

    /** A page whose console is kept. */
    private static Page open(List<String> problems, int width, int height, ColorScheme scheme) {
        var page = browser.newPage(
                new Browser.NewPageOptions().setViewportSize(width, height).setColorScheme(scheme));
        page.setDefaultTimeout(PATIENCE_MILLIS);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") && !message.location().contains("/preview")) { // it may just have ended
                problems.add(message.text() + " " + message.location());
            }
        });
        page.onPageError(problems::add);
        page.navigate(server.uri("/").toString());
        page.waitForSelector("#composer:not([inert])");
        return page;
    }

    /** Lets the model make passes until something is seen on the page, so that nothing is finished before. */
    private static void passUntilSeen(Page page, TestServer.Gate gate, String selector) {
        while (page.locator(selector).count() == 0) {
            gate.pass();
            page.waitForTimeout(200);
        }
    }

    private static void screenshot(Page page, String name) {
        if (SCREENSHOTS != null) {
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of(SCREENSHOTS, name + ".png")));
        }
    }

    private static void generate(Page page, String prompt, String seed, String decoder) {
        page.fill("#prompt", prompt);
        page.fill("#seed", seed);
        page.selectOption("#decoder", decoder);
        page.press("#prompt", "Control+Enter");
    }

    @Test
    void previewsArriveAndTheImageStays() throws Exception {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 1280, 860, ColorScheme.LIGHT)) {
            try (var gate = server.gate()) {
                generate(page, "octopus, twemoji style, on a yellow background", "7", "ar");
                passUntilSeen(page, gate, ".settling img");
                screenshot(page, "studio-generating");
            }
            page.waitForSelector(".card[data-state=finished]");
            assertThat(page.innerText(".card-about")).contains("256");
            page.waitForSelector(".thumb");
            page.click(".thumb >> nth=0");
            page.waitForSelector("#detail[open]");
            assertThat(page.textContent("#detail-prompt")).contains("octopus");
            Download download = page.waitForDownload(() -> page.click("#detail >> text=Download"));
            assertThat(download.suggestedFilename())
                    .isEqualTo("sjd4j-7-octopus-twemoji-style-on-a-yellow-background.png");
            Path file = TestServer.temporary().resolve("image.png");
            download.saveAs(file);
            assertThat(PngFile.read(file).request().seed()).isEqualTo(7);
            page.click("#detail >> text=Use these settings");
            assertThat(page.inputValue("#prompt")).contains("octopus");
            assertThat(page.inputValue("#seed")).isEqualTo("7");
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void escapeCancels() throws Exception {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 1280, 860, ColorScheme.DARK)) {
            page.fill("#n", "4");
            try (var gate = server.gate()) {
                generate(page, "bus, noto style", "", "ar");
                passUntilSeen(page, gate, ".card[data-state=running]");
                page.keyboard().press("Escape");
                while (page.locator("[data-state=running],[data-state=queued]").count() > 0) {
                    gate.pass(); // an image is given up between two of them
                    page.waitForTimeout(200);
                }
            }
            assertThat(page.locator(".card[data-state=cancelled]").count()).isEqualTo(4);
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void twoDecodersSideBySideGenerateTheSameImage() {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 1280, 860, ColorScheme.DARK)) {
            page.check("input[value=two]", new Page.CheckOptions().setForce(true));
            page.selectOption("#second", "ar");
            generate(page, "red apple, noto style", "3", "sjd-exact");
            page.waitForSelector(".verdict:not([hidden])");
            assertThat(page.textContent(".verdict")).containsIgnoringCase("same");
            String own = page.innerText(".card >> nth=1 >> .card-text")
                    .lines()
                    .toList()
                    .get(1);
            assertThat(page.innerText(".card >> nth=0 >> .card-text"))
                    .as("what is beside it, and no estimate")
                    .contains(own);
            screenshot(page, "studio-side-by-side");
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void worksOnAPhoneAndShowsMarkupAsText() {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 360, 740, ColorScheme.LIGHT)) {
            generate(page, "penguin, noto style", "5", "sjd-exact");
            page.waitForSelector(".card[data-state=finished]");
            page.locator(".card").first().scrollIntoViewIfNeeded();
            screenshot(page, "studio-phone");
        }
        try (var page = open(problems, 360, 740, ColorScheme.LIGHT)) {
            generate(page, "<img src=x onerror=alert(1)> penguin, noto style", "6", "sjd-exact");
            page.waitForSelector(".card[data-state=finished]");
            page.waitForSelector(".thumb", new Page.WaitForSelectorOptions().setState(WaitForSelectorState.ATTACHED));
            assertThat(page.locator("img[src=x]").count()).isZero();
            assertThat((Boolean) page.evaluate(
                            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                    .as("nothing scrolls sideways")
                    .isTrue();
        }
        assertThat(problems).isEmpty();
    }

    /** Contrast, names, roles and the like, by axe-core, with an image being generated, a gallery and a dialog. */
    @ParameterizedTest
    @EnumSource(names = {"LIGHT", "DARK"})
    void followsTheAccessibilityGuidelines(ColorScheme scheme) throws Exception {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 1280, 860, scheme)) {
            page.click("#more > summary");
            try (var gate = server.gate()) {
                generate(page, "bus, noto style", "4", "ar");
                passUntilSeen(page, gate, ".settling img");
                requireAccessible(page, "while an image is generated");
            }
            page.waitForSelector(".card[data-state=finished]");
            page.click(".thumb >> nth=0");
            page.waitForSelector("#detail[open]");
            requireAccessible(page, "an image in large");
            page.keyboard().press("Escape");
            page.fill("#seed", "x");
            page.click("#generate");
            page.waitForSelector("#seed[aria-invalid=true]");
            requireAccessible(page, "an error");
        }
        assertThat(problems).isEmpty();
    }

    private static void requireAccessible(Page page, String state) {
        var found = new AxeBuilder(page)
                .withTags(List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"))
                .analyze()
                .getViolations();
        assertThat(found.stream()
                        .map(rule ->
                                rule.getId() + " " + rule.getNodes().getFirst().getHtml())
                        .toList())
                .as(state)
                .isEmpty();
    }

    @Test
    void theGalleryIsSearchedAndWalkedByKeyboard() {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 1280, 860, ColorScheme.LIGHT)) {
            for (String prompt : List.of("rocket, noto style", "rocket, noto style, small")) {
                generate(page, prompt, "6", "sjd-exact");
                page.waitForSelector(".thumb[title='" + prompt + "']");
            }
            page.fill("#search", "ROCKET, noto style, SM");
            page.waitForFunction("() => document.querySelectorAll('.thumb').length === 1");
            page.fill("#search", "no such image");
            page.waitForFunction("() => document.querySelectorAll('.thumb').length === 0");
            assertThat(page.textContent("#gallery-status")).contains("no such image");
            page.fill("#search", "rocket");
            page.waitForFunction("() => document.querySelectorAll('.thumb').length === 2");
            page.focus(".thumb >> nth=0");
            page.keyboard().press("Enter");
            page.waitForSelector("#detail[open]");
            assertThat(page.textContent("#detail-prompt")).endsWith("small");
            page.keyboard().press("ArrowRight");
            page.waitForFunction("() => !document.querySelector('#detail-prompt').textContent.endsWith('small')");
            page.keyboard().press("ArrowLeft");
            page.waitForFunction("() => document.querySelector('#detail-prompt').textContent.endsWith('small')");
            page.click("#detail >> text=Vary the seed");
            page.waitForFunction("() => document.querySelectorAll('.thumb').length === 3");
            assertThat(page.inputValue("#prompt")).isEqualTo("rocket, noto style, small");
            assertThat(page.inputValue("#seed")).matches("\\d+").isNotEqualTo("6");
        }
        assertThat(problems).isEmpty();
    }

    /** Numbers above 2^53 are not exact in JavaScript; seeds are. */
    @Test
    void largeSeedsStayAsTheyAre() {
        var problems = new ArrayList<String>();
        String seed = "9007199254740993"; // 2^53 + 1, which rounds to 2^53
        try (var page = open(problems, 1280, 860, ColorScheme.LIGHT)) {
            generate(page, "apple, twemoji style", seed, "sjd-exact");
            page.waitForSelector(".card[data-state=finished]");
            assertThat(page.innerText(".card-about")).contains(seed);
            page.click(".thumb >> nth=0");
            page.waitForSelector("#detail[open]");
            page.click("#detail >> text=Use these settings");
            assertThat(page.inputValue("#seed")).isEqualTo(seed);
            page.fill("#seed", "9223372036854775808");
            page.click("#generate");
            page.waitForSelector("#seed[aria-invalid=true]");
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void nothingIsAskedOfOtherHostsAndNoScriptButItsOwnRuns() throws Exception {
        var policy =
                server.get("/").headers().firstValue("Content-Security-Policy").orElseThrow();
        assertThat(policy)
                .contains("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "*", "data:", "http");
        var hosts = new HashSet<String>();
        var refused = new ArrayList<String>();
        try (var page = open(refused, 1280, 860, ColorScheme.LIGHT)) {
            page.onRequest(request -> hosts.add(URI.create(request.url()).getAuthority()));
            page.reload();
            page.waitForSelector("#composer:not([inert])");
            generate(page, "penguin, noto style", "2", "sjd-exact");
            page.waitForSelector(".card[data-state=finished]");
            assertThat(hosts).containsExactly("localhost:" + server.port());
            assertThat(refused).isEmpty();
            page.evaluate(
                    "() => { const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
                            + " document.body.append(script); }");
            assertThat((Boolean) page.evaluate("window.ran === undefined")).isTrue();
            assertThat(refused).singleElement().asString().contains("Content Security Policy");
        }
    }

    @Test
    void errorsStandBesideTheirField() {
        var problems = new ArrayList<String>();
        try (var page = open(problems, 1280, 860, ColorScheme.LIGHT)) {
            page.fill("#guidance_scale", "99");
            generate(page, "red apple", "", "sjd-exact");
            page.waitForFunction("() => document.querySelector('#guidance_scale-error').textContent !== ''");
            assertThat(page.textContent("#guidance_scale-error")).contains("50");
            generate(page, "x".repeat(32_001), "", "sjd-exact");
            page.waitForFunction("() => document.querySelector('#prompt-error').textContent.includes('32000')");
        }
        assertThat(problems).allMatch(problem -> problem.contains("400"));
    }
}
