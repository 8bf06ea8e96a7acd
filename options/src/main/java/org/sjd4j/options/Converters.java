package org.sjd4j.options;

import java.util.Iterator;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.ImageSize;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.ThreadLimit;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** From option values to what they mean. */
public final class Converters {
    private static final Pattern SIDE = Pattern.compile("[0-9]+");

    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");

    /** The device of a command that names none. */
    public static final String DEVICE = "${env:SJD4J_DEVICE:-cpu}";

    private Converters() {}

    /** Lets a command line and its subcommands say in words for people that an option's value is no number. */
    static void registerNumbers(CommandLine line) {
        ITypeConverter<Integer> integers = value -> number(value, Integer::valueOf, "a whole number");
        ITypeConverter<Long> longs = value -> number(value, Long::valueOf, "a whole number");
        ITypeConverter<Double> doubles = value -> number(value, Double::valueOf, "a number");
        line.registerConverter(Integer.class, integers)
                .registerConverter(int.class, integers)
                .registerConverter(Long.class, longs)
                .registerConverter(long.class, longs)
                .registerConverter(Double.class, doubles)
                .registerConverter(double.class, doubles);
    }

    private static <T> T number(String value, Function<String, T> parse, String kind) {
        try {
            return parse.apply(value);
        } catch (NumberFormatException e) {
            boolean large = WHOLE.matcher(value).matches();
            throw new TypeConversionException("'" + value + "' is " + (large ? "too large" : "not " + kind));
        }
    }

    /** A fixed number of threads. */
    static final class Threads implements ITypeConverter<ThreadLimit> {
        @Override
        public ThreadLimit convert(String value) {
            int count = number(value, Integer::valueOf, "a whole number");
            try {
                return new ThreadLimit(count, true);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** The rows of every pass. */
    static final class PassRows implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            int rows = number(value, Integer::valueOf, "a whole number");
            if (rows < 0 || rows > LoadOptions.MOST_PASS_ROWS) {
                throw new TypeConversionException(
                        "'" + value + "' is not 0 (as many as the window) to " + LoadOptions.MOST_PASS_ROWS);
            }
            return rows;
        }
    }

    /** A decoder by its name. */
    public static final class DecoderName implements ITypeConverter<Decoder> {
        @Override
        public Decoder convert(String value) {
            if (value.contains(":")) {
                throw new TypeConversionException(
                        "'" + value + "' is a decoder with settings, which have options of their"
                                + " own here: name the decoder alone, and add such as --window 64");
            }
            try {
                return Decoders.named(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** The names of all decoders. */
    public static final class DecoderNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Decoders.all().stream().map(Decoder::name).iterator();
        }
    }

    /** A device by its name. */
    public static final class Device implements ITypeConverter<ComputeDevice> {
        @Override
        public ComputeDevice convert(String value) {
            try {
                return ComputeDevice.named(value.isEmpty() ? "cpu" : value); // as an environment may have it
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** A dtype by its name. */
    static final class PrecisionName implements ITypeConverter<Precision> {
        @Override
        public Precision convert(String value) {
            try {
                return Precision.named(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** A dtype to train in, by its name. */
    public static final class TrainingPrecisionName implements ITypeConverter<Precision> {
        @Override
        public Precision convert(String value) {
            var precision = new PrecisionName().convert(value);
            if (!precision.trains()) {
                throw new TypeConversionException("'" + value + "' cannot be trained in; choose float32 or bfloat16");
            }
            return precision;
        }
    }

    /** A size such as 128x128, or 128 for short. */
    public static final class SizeText implements ITypeConverter<ImageSize> {
        @Override
        public ImageSize convert(String value) {
            try {
                return ImageSize.parse(SIDE.matcher(value).matches() ? value + "x" + value : value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
