package org.sjd4j.llama;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;
import org.sjd4j.tensor.Tensors;

/** A matrix of weights {@code [out, in]} in the form in which rows are multiplied with it. */
public sealed interface Matrix {
    /** The largest finite number of float16. */
    double LARGEST_HALF = 65504;

    /** Rows of a weight matrix that are widened to float32 at a time. */
    long BLOCK = 256;

    /**
     * {@code x wᵀ}.
     *
     * @param rows {@code [..., in]} of the precision's type of rows
     * @return {@code [..., out]} of the same type
     */
    Tensor apply(Tensor rows);

    /** Weights in a precision: where they lie, if they have that form already. */
    static Matrix of(Precision precision, Tensor weight) {
        return switch (precision) {
            case FLOAT32, BFLOAT16 -> new Plain(weight.to(precision.products()));
            case FLOAT16 -> half(weight);
            case INT8 -> Int8.of(weight);
        };
    }

    private static Matrix half(Tensor weight) {
        requireHalf(weight);
        if (!weight.is_cpu()) {
            return new Half(weight.to(ScalarType.Half));
        }
        return Processor.current().readsFloat16() ? HalfPacked.of(weight) : new HalfWidened(weight.to(ScalarType.Half));
    }

    /** A larger weight would become infinite, or in FBGEMM the largest number, without a word. */
    private static void requireHalf(Tensor weight) {
        double largest = Tensors.scope(() -> {
            var bounds = torch.aminmax(weight);
            double least = bounds.get0().item_double();
            double most = bounds.get1().item_double();
            return Double.isNaN(least) ? least : Math.max(-least, most);
        });
        if (!(largest <= LARGEST_HALF)) {
            throw new CheckpointException(
                    "the weights",
                    "a weight of " + (float) largest,
                    "numbers up to " + (int) LARGEST_HALF + ", the largest that float16 has",
                    "choose the dtype bfloat16 or float32");
        }
    }

    /** Weights that read the same rows and whose products stand side by side, as one matrix; gradients flow back. */
    static Matrix joined(Precision precision, Tensor... weights) {
        Tensor joined = torch.cat(new TensorVector(weights), 0);
        Matrix matrix = of(precision, joined);
        if (!precision.trains()) {
            joined.close(); // the matrix has a copy of its own
        }
        return matrix;
    }

    /** As {@link #joined}, for weights that nobody else needs: they are freed, and no gradients flow. */
    static Matrix joinedFreeing(Precision precision, Tensor... weights) {
        Tensor joined = weights.length == 1 ? weights[0] : torch.cat(new TensorVector(weights), 0);
        Matrix matrix = of(precision, joined);
        joined.close(); // the matrix has a copy of its own, or shares the memory
        for (Tensor weight : weights) {
            weight.close();
        }
        return matrix;
    }

    /** Rows {@code [..., in]} as {@code [n, in]}. */
    private static Tensor flat(Tensor rows) {
        return rows.reshape(-1, rows.size(-1));
    }

    /** Products {@code [n, out]} in the shape of the rows. */
    private static Tensor like(Tensor rows, Tensor products) {
        long[] shape = rows.sizes().vec().get();
        shape[shape.length - 1] = products.size(-1);
        return products.view(shape);
    }

    /**
     * {@code x wᵀ} in float32 of weights in a narrower type, which are widened block by block. All blocks share one buffer:
     * between freed ones and kept results, the heap would fill with holes.
     *
     * @param rows {@code [n, in]}
     * @param weight {@code [out, in]}
     * @return {@code [n, out]}
     */
    private static Tensor widened(Tensor rows, Tensor weight) {
        long out = weight.size(0);
        Tensor columns = rows.t();
        Tensor buffer = torch.empty(
                new long[] {Math.min(BLOCK, out), weight.size(1)},
                Tensors.options(ScalarType.Float),
                new MemoryFormatOptional());
        Tensor products = torch.empty(
                new long[] {out, rows.size(0)}, Tensors.options(ScalarType.Float), new MemoryFormatOptional());
        for (long from = 0; from < out; from += BLOCK) {
            long count = Math.min(BLOCK, out - from);
            long first = from;
            Tensors.scope(() -> {
                Tensor block = buffer.narrow(0, 0, count);
                block.copy_(weight.narrow(0, first, count));
                torch.matmul_out(products.narrow(0, first, count), block, columns);
            });
        }
        return products.t();
    }

    /** An operator that the Java binding has no method for. It checks little itself: see the preconditions at its call. */
    private static OperatorHandle operator(String name) {
        return Dispatcher.singleton().findSchemaOrThrow(name, "");
    }

    private static IValue call(OperatorHandle operator, IValue... arguments) {
        var stack = new IValueVector(arguments);
        operator.callBoxed(stack);
        return stack.get(0);
    }

    /** Weights of the rows' type. */
    record Plain(Tensor weight) implements Matrix {
        @Override
        public Tensor apply(Tensor rows) {
            return Linear.linear(rows, weight);
        }
    }

    /** Float16 weights where float16 rows are multiplied natively. */
    record Half(Tensor weight) implements Matrix {
        @Override
        public Tensor apply(Tensor rows) {
            return torch.linear(rows.to(ScalarType.Half), weight).to(ScalarType.Float);
        }
    }

    /** Float16 weights where FBGEMM has no kernel for this CPU: widened block by block. */
    record HalfWidened(Tensor weight) implements Matrix {
        @Override
        public Tensor apply(Tensor rows) {
            return like(rows, widened(flat(rows), weight));
        }
    }

    /**
     * Float16 weights in FBGEMM's order of reading, multiplied with float32 rows.
     *
     * <p>Packing wants a CPU with AVX2, FMA and F16C, and a contiguous float32 matrix on it whose numbers float16 can hold.
     * The product wants float32 rows in at least two dimensions. FBGEMM pads both sizes of the weights itself.
     *
     * <p>The products of a row are the same, bit for bit, whatever the other rows are. FBGEMM takes {@value RowCounts#AT_ONCE}
     * rows at a time, and shares out what is left over among kernels for fewer rows, of which some sum in another order. So
     * rows of zeros are added until none of those is needed.
     */
    record HalfPacked(IValue packed, OperatorHandle product) implements Matrix {
        static HalfPacked of(Tensor weight) {
            return packed(Tensors.keep(
                    () -> new IValue(pack(weight.to(ScalarType.Float).contiguous()))));
        }

        private static HalfPacked packed(IValue weight) {
            return new HalfPacked(weight, operator("quantized::linear_dynamic_fp16"));
        }

        private static IValue pack(Tensor weight) {
            return call(operator("quantized::linear_prepack_fp16"), new IValue(weight), new IValue());
        }

        @Override
        public Tensor apply(Tensor rows) {
            long count = rows.numel() / rows.size(-1);
            int missing = RowCounts.missing(count);
            if (missing == 0) {
                return multiplied(rows);
            }
            boolean single = count == rows.size(-2);
            Tensor padded = torch.constant_pad_nd(single ? rows : flat(rows), 0, 0, 0, missing);
            Tensor products = multiplied(padded).narrow(-2, 0, count);
            return single ? products : like(rows, products);
        }

        private Tensor multiplied(Tensor rows) {
            return call(product, new IValue(rows), packed).toTensor();
        }

        /** A trial of FBGEMM's kernels: which ones it takes depends on the processor and on its own settings. */
        static final class RowCounts {
            static final int AT_ONCE = 120;
            private static final long SIZE = 64;

            private static final int[] MISSING = Tensors.scope(() -> {
                Tensor numbers = torch.arange(new Scalar(AT_ONCE * SIZE), Tensors.options(ScalarType.Float))
                        .sin_()
                        .view(AT_ONCE, SIZE);
                var trial = packed(pack(numbers.narrow(0, 0, SIZE)));
                Tensor whole = trial.multiplied(numbers);
                boolean[] alike = new boolean[AT_ONCE];
                for (int count = 0; count < AT_ONCE; count++) {
                    alike[count] = count == 0
                            || torch.equal(trial.multiplied(numbers.narrow(0, 0, count)), whole.narrow(0, 0, count));
                }
                return missing(alike);
            });

            private RowCounts() {}

            private static int[] missing(boolean[] alike) {
                int[] missing = new int[AT_ONCE];
                for (int count = AT_ONCE - 1; count > 0; count--) {
                    missing[count] = alike[count] ? 0 : missing[(count + 1) % AT_ONCE] + 1;
                }
                return missing;
            }

            /** How many rows more give every row the products that it has among many. */
            static int missing(long count) {
                return MISSING[(int) (count % AT_ONCE)];
            }
        }
    }

    /**
     * Int8 weights with a scale for each output channel, multiplied with bfloat16 rows.
     *
     * <p>{@code _weight_int8pack_mm} wants {@code [n, in]} bfloat16 rows, {@code [out, in]} int8 weights and {@code [out]}
     * bfloat16 scales, all contiguous. It does not check that {@code in} is a multiple of 16: its AVX-512 kernel loads 16
     * numbers at a time, at addresses that must be multiples of 32 bytes (rows) and 16 bytes (weights), also behind the
     * last whole 16. Its Arm kernel loads four scales at a time. So weights are padded with zeros to these multiples in
     * memory of their own, which LibTorch aligns to 64 bytes, and rows are padded like them.
     *
     * @param weight {@code [out, in]} int8, both padded
     * @param scale {@code [out]} bfloat16, padded: the weights are rounded to multiples of just these numbers
     * @param out output channels
     * @param in input channels
     */
    record Int8(Tensor weight, Tensor scale, long out, long in, OperatorHandle product) implements Matrix {
        private static final double LARGEST = 127;
        private static final long IN_MULTIPLE = 16;
        private static final long OUT_MULTIPLE = 4;

        /** From so many rows on, weights are widened block by block: the operator widens them for every few rows. */
        private static final long MANY_ROWS = 16;

        static Int8 of(Tensor weight) {
            var product = operator("aten::_weight_int8pack_mm");
            long out = weight.size(0);
            long in = weight.size(1);
            long moreOut = missing(out, OUT_MULTIPLE);
            long moreIn = missing(in, IN_MULTIPLE);
            Tensor exact = Tensors.keep(() -> weight.abs()
                    .amax(new long[] {1}, false)
                    .to(ScalarType.Float)
                    .div(new Scalar(LARGEST))
                    .clamp_min(new Scalar(Float.MIN_NORMAL))
                    .to(ScalarType.BFloat16));
            Tensor scale = Tensors.replace(exact, unpadded -> torch.constant_pad_nd(unpadded, 0, moreOut));
            Tensor whole = Tensors.keep(() -> torch.constant_pad_nd(
                    weight.to(ScalarType.Float)
                            .div(scale.narrow(0, 0, out).to(ScalarType.Float).unsqueeze(1))
                            .round_()
                            .clamp_(new ScalarOptional(new Scalar(-LARGEST)), new ScalarOptional(new Scalar(LARGEST)))
                            .to(ScalarType.Char),
                    0,
                    moreIn,
                    0,
                    moreOut));
            return new Int8(whole, scale, out, in, product);
        }

        private static long missing(long size, long multiple) {
            return Math.ceilDiv(size, multiple) * multiple - size;
        }

        @Override
        public Tensor apply(Tensor rows) {
            Tensor flat = flat(rows);
            return like(rows, flat.size(0) < MANY_ROWS || !weight.is_cpu() ? few(flat) : many(flat));
        }

        private Tensor few(Tensor rows) {
            Tensor narrow = rows.to(ScalarType.BFloat16);
            long more = weight.size(1) - in;
            Tensor padded = more == 0 ? narrow.contiguous() : torch.constant_pad_nd(narrow, 0, more);
            var products = call(product, new IValue(padded), new IValue(weight), new IValue(scale));
            return products.toTensor().narrow(1, 0, out).to(ScalarType.Float);
        }

        private Tensor many(Tensor rows) {
            Tensor unpadded = weight.narrow(0, 0, out).narrow(1, 0, in);
            return widened(rows, unpadded).mul_(scale.narrow(0, 0, out).to(ScalarType.Float));
        }
    }
}
