package org.sjd4j.decode.sampling;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One value of a record of settings, with all that command lines, files, requests and reports need to know of it. Each
 * record has the list of its settings, so that a new one is written down once.
 *
 * @param <S> the record
 */
public final class Setting<S> {
    /** What values are: {@link Integer}, {@link Double}, or one of a few texts. */
    public enum Kind {
        WHOLE,
        REAL,
        CHOICE
    }

    private final String name;
    private final String symbol;
    private final String help;
    private final Kind kind;
    private final double least;
    private final double most;
    private final String expected;
    private final List<String> choices;
    private final Function<S, Object> value;
    private final BiFunction<S, Object, S> changed;

    private Setting(
            String name,
            String symbol,
            String help,
            Kind kind,
            double least,
            double most,
            String expected,
            List<String> choices,
            Function<S, Object> value,
            BiFunction<S, Object, S> changed) {
        this.name = name;
        this.symbol = symbol;
        this.help = help;
        this.kind = kind;
        this.least = least;
        this.most = most;
        this.expected = expected;
        this.choices = choices;
        this.value = value;
        this.changed = changed;
    }

    /**
     * A whole number from {@code least} to {@code most}.
     *
     * @param help one sentence for people
     * @param expected what values are possible, in words
     */
    public static <S> Setting<S> whole(
            String name,
            String symbol,
            String help,
            int least,
            int most,
            String expected,
            Function<S, Integer> value,
            BiFunction<S, Integer, S> changed) {
        return new Setting<>(
                name,
                symbol,
                help,
                Kind.WHOLE,
                least,
                most,
                expected,
                List.of(),
                value::apply,
                (settings, whole) -> changed.apply(settings, (Integer) whole));
    }

    /** As {@link #whole}, of numbers with a fraction. */
    public static <S> Setting<S> real(
            String name,
            String symbol,
            String help,
            double least,
            double most,
            String expected,
            Function<S, Double> value,
            BiFunction<S, Double, S> changed) {
        return new Setting<>(
                name,
                symbol,
                help,
                Kind.REAL,
                least,
                most,
                expected,
                List.of(),
                value::apply,
                (settings, real) -> changed.apply(settings, (Double) real));
    }

    /** One of the constants of an enum, written in lower case. */
    public static <S, E extends Enum<E>> Setting<S> choice(
            String name,
            String symbol,
            String help,
            Class<E> constants,
            Function<S, E> value,
            BiFunction<S, E, S> changed) {
        var choices = Arrays.stream(constants.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
        return new Setting<>(
                name,
                symbol,
                help,
                Kind.CHOICE,
                0,
                choices.size() - 1.0,
                "one of " + String.join(", ", choices),
                choices,
                settings -> choices.get(value.apply(settings).ordinal()),
                (settings, text) ->
                        changed.apply(settings, constants.getEnumConstants()[choices.indexOf((String) text)]));
    }

    /** The name in files and requests, such as {@code denoising_steps}. */
    public String name() {
        return name;
    }

    /** The name on a command line, without hyphens before it, such as {@code denoising-steps}. */
    public String option() {
        return name.replace('_', '-');
    }

    /** A letter for tables and help, such as {@code K}. */
    public String symbol() {
        return symbol;
    }

    /** One sentence for help. */
    public String help() {
        return help;
    }

    /** What values are. */
    public Kind kind() {
        return kind;
    }

    /** The smallest number. */
    public double least() {
        return least;
    }

    /** The largest number. */
    public double most() {
        return most;
    }

    /** All values of a {@link Kind#CHOICE}, in lower case. */
    public List<String> choices() {
        return choices;
    }

    /** The value: an {@link Integer}, a {@link Double} or a text. */
    public Object value(S settings) {
        return Objects.requireNonNull(value.apply(settings));
    }

    /** The value as text, as {@link #with(Object, String)} reads it. */
    public String text(S settings) {
        return value(settings).toString();
    }

    /**
     * Settings with another value.
     *
     * @param text a number, or one of the choices in any case
     * @throws IllegalArgumentException if it is none; the message says what was expected
     */
    public S with(S settings, String text) {
        Object parsed = parsed(text.strip());
        require(parsed);
        return changed.apply(settings, parsed);
    }

    private Object parsed(String text) {
        try {
            return switch (kind) {
                case WHOLE -> Integer.valueOf(text);
                case REAL -> Double.valueOf(text);
                case CHOICE -> text.toLowerCase(Locale.ROOT);
            };
        } catch (NumberFormatException e) {
            throw wrong("'" + text + "'", kind == Kind.WHOLE ? "a whole number" : "a number", e);
        }
    }

    /**
     * Checks a value of these settings.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public void require(Object found) {
        boolean holds = found instanceof Number number
                ? number.doubleValue() >= least && number.doubleValue() <= most
                : choices.contains(found.toString());
        if (!holds) {
            throw wrong(kind == Kind.CHOICE ? "'" + found + "'" : found.toString(), expected, null);
        }
    }

    private IllegalArgumentException wrong(String found, String wanted, @Nullable Throwable cause) {
        return new IllegalArgumentException("%s is %s, expected %s".formatted(option(), found, wanted), cause);
    }

    @Override
    public String toString() {
        return name;
    }
}
