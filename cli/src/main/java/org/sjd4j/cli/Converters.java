package org.sjd4j.cli;

import java.util.Iterator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** From option values to what they mean. */
final class Converters {
    private Converters() {}

    /** A decoder by its name. */
    static final class DecoderName implements ITypeConverter<Decoder> {
        @Override
        public Decoder convert(String value) {
            try {
                return Decoders.named(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** The names of all decoders. */
    static final class DecoderNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Decoders.all().stream().map(Decoder::name).iterator();
        }
    }

    /** A device by its name. */
    static final class Device implements ITypeConverter<ComputeDevice> {
        @Override
        public ComputeDevice convert(String value) {
            try {
                return ComputeDevice.named(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** A number format by its name. */
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

    /** A number of rows or levels, or {@code all}. */
    static final class CountOrAll implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            if (value.equals("all")) {
                return DecoderSettings.ALL;
            }
            try {
                return Integer.valueOf(value);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + value + "' is neither a whole number nor 'all'");
            }
        }
    }

    /**
     * The size of a picture.
     *
     * @param width in pixels
     * @param height in pixels
     */
    record Size(int width, int height) {
        private static final Pattern FORM = Pattern.compile("([0-9]{1,6})x([0-9]{1,6})");

        @Override
        public String toString() {
            return width + "x" + height;
        }
    }

    /** A size such as 128x128. */
    static final class SizeText implements ITypeConverter<Size> {
        @Override
        public Size convert(String value) {
            Matcher form = Size.FORM.matcher(value);
            if (!form.matches()) {
                throw new TypeConversionException("'" + value + "' is no size such as 128x128");
            }
            return new Size(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
        }
    }
}
