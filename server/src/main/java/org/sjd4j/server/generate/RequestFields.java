package org.sjd4j.server.generate;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Request;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.decode.sampling.Setting;
import org.sjd4j.family.ImageSize;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Body;
import org.sjd4j.server.http.Exchange;

/** What requests for images say in the same words, whichever API they come by. */
public final class RequestFields {
    /** Most images of one request. */
    public static final int MOST_IMAGES = 10;

    private static final int LONGEST_USER = 1000;
    private static final String AUTO = "auto";

    /** Fields that OpenAI's API does not have. They may stand in a query. */
    public static final Set<String> OUR_OWN = ourOwn();

    /** All fields. */
    public static final Set<String> ALL = all();

    private RequestFields() {}

    private static Set<String> ourOwn() {
        var names = new HashSet<>(Set.of("seed", "negative_prompt", "decoder"));
        DecoderSettings.SETTINGS.forEach(setting -> names.add(setting.name()));
        Sampling.SETTINGS.forEach(setting -> names.add(setting.name()));
        return Set.copyOf(names);
    }

    private static Set<String> all() {
        var all = new HashSet<>(OUR_OWN);
        all.addAll(List.of("prompt", "model", "n", "size", "user"));
        return Set.copyOf(all);
    }

    /**
     * The images that a request wants: the same one with seeds that follow each other.
     *
     * @throws ApiException if a field is missing or makes no sense
     */
    public static List<Request> requests(Body body, ServedModel model) {
        var defaults = model.defaults();
        String prompt = body.text("prompt", model.longestPrompt());
        if (prompt == null) {
            throw ApiException.field("prompt", "missing_required_parameter", "Missing required parameter: 'prompt'.");
        }
        if (prompt.isBlank()) {
            throw Body.invalid("prompt", "a text that says what the image shows");
        }
        String negative = body.text("negative_prompt", model.longestPrompt());
        String decoderName = body.choice(
                "decoder", Decoders.all().stream().map(Decoder::name).toList());
        Decoder decoder = decoderName == null ? defaults.decoder() : Decoders.named(decoderName);
        var size = size(body, model);
        int tokens = model.model().description().layout(size).length();
        var settings = read(body, DecoderSettings.SETTINGS, defaults.settings(), tokens);
        var description = model.model().description();
        if (!description.supports(decoder, settings)) {
            boolean readsNoise = description.supports(Decoders.SJD2_EXACT, settings);
            throw Body.invalid(
                    "decoder",
                    readsNoise
                            ? "one that corrects no drafts by their neighbours, for which this model has no head, such as"
                                    + " sjd-exact"
                            : "one that starts no drafts from noise, which this model cannot read, such as sjd-exact");
        }
        var sampling = read(body, Sampling.SETTINGS, defaults.sampling(), tokens);
        Long count = body.whole("n", 1, MOST_IMAGES);
        Long given = body.wholeOrText("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        long seed = given == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : given;
        requireRoom("prompt", prompt, size, model);
        if (negative != null && sampling.guided()) {
            requireRoom("negative_prompt", negative, size, model);
        }
        var first = new Request(prompt, negative == null ? "" : negative, seed, decoder, settings, sampling, size);
        return IntStream.range(0, count == null ? 1 : count.intValue())
                .mapToObj(i -> first.withSeed(seed + i))
                .toList();
    }

    private static <S> S read(Body body, List<Setting<S>> all, S otherwise, int tokens) {
        S settings = otherwise;
        for (Setting<S> setting : all) {
            boolean rows = setting == DecoderSettings.WINDOW;
            double most = rows ? tokens : setting.most();
            Object value = switch (setting.kind()) {
                case WHOLE -> body.whole(setting.name(), (long) setting.least(), (long) most);
                case REAL -> body.number(setting.name(), setting.least(), most);
                case CHOICE -> body.choice(setting.name(), setting.choices());
            };
            if (value != null) {
                settings = setting.with(settings, value.toString());
            }
        }
        return settings;
    }

    private static void requireRoom(String field, String prompt, ImageSize size, ServedModel model) {
        int most = model.model().longestPrompt(size);
        int found = most == Integer.MAX_VALUE ? 0 : model.model().promptTokens(prompt);
        if (found > most) {
            throw Body.invalid(field, "a text of at most %s tokens, found %s".formatted(most, found));
        }
    }

    private static ImageSize size(Body body, ServedModel model) {
        String text = body.text("size", Integer.MAX_VALUE);
        var sizes = model.model().description().sizes();
        if (text == null || text.equals(AUTO)) {
            return model.model().size();
        }
        return sizes.stream()
                .filter(size -> size.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> Body.invalid(
                        "size",
                        AUTO + " or one of this model's sizes "
                                + String.join(
                                        ", ",
                                        sizes.stream().map(ImageSize::toString).toList())));
    }

    /** The user of the client, if it says so. */
    public static @Nullable String user(Body body) {
        return body.text("user", LONGEST_USER);
    }

    /** Whose turn it is: users of one address, such as that of a proxy, are clients of their own. */
    public static String client(Exchange exchange, @Nullable String user) {
        return user == null
                ? exchange.client()
                : exchange.client() + " " + UUID.nameUUIDFromBytes(user.getBytes(StandardCharsets.UTF_8));
    }

    /** More images than may ever wait: trying again would not help. */
    public static ApiException tooMany(ServedModel model) {
        return Body.invalid(
                "n",
                "at most %s, which is all that may wait here"
                        .formatted(model.queue().capacity()));
    }
}
