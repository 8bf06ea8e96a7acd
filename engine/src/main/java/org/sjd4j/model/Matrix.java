package org.sjd4j.model;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;

/** A matrix of weights {@code [out, in]} in the form in which rows are multiplied with it. */
sealed interface Matrix {

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
            case FLOAT16 -> weight.is_cpu() ? HalfPacked.of(weight) : new Half(weight.to(ScalarType.Half));
            case INT8 -> Int8.of(weight);
        };
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

    /** An operator that the Java binding has no method for. */
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

    /** Float16 weights in FBGEMM's order of reading, multiplied with float32 rows. */
    record HalfPacked(IValue packed, OperatorHandle product) implements Matrix {

        static HalfPacked of(Tensor weight) {
            IValue packed = Tensors.keep(() -> new IValue(call(
                    operator("quantized::linear_prepack_fp16"),
                    new IValue(weight.to(ScalarType.Float).contiguous()),
                    new IValue())));
            return new HalfPacked(packed, operator("quantized::linear_dynamic_fp16"));
        }

        @Override
        public Tensor apply(Tensor rows) {
            return call(product, new IValue(rows), packed).toTensor();
        }
    }

    /**
     * Int8 weights with a scale for each output channel, multiplied with bfloat16 rows.
     *
     * @param weight {@code [out, in]} int8
     * @param scale {@code [out]} bfloat16: the weights are rounded to multiples of just these numbers
     */
    record Int8(Tensor weight, Tensor scale, OperatorHandle product) implements Matrix {
        private static final double LARGEST = 127;

        /** From so many rows on, weights are widened block by block: the operator widens them for every few rows. */
        private static final long MANY_ROWS = 16;

        private static final long BLOCK = 256;

        static Int8 of(Tensor weight) {
            var product = operator("aten::_weight_int8pack_mm");
            Tensor scale = Tensors.keep(() -> weight.abs()
                    .amax(new long[] {1}, false)
                    .to(ScalarType.Float)
                    .div(new Scalar(LARGEST))
                    .clamp_min(new Scalar(Float.MIN_NORMAL))
                    .to(ScalarType.BFloat16));
            Tensor whole = Tensors.keep(() -> weight.to(ScalarType.Float)
                    .div(scale.to(ScalarType.Float).unsqueeze(1))
                    .round_()
                    .clamp_(
                            new org.bytedeco.pytorch.ScalarOptional(new Scalar(-LARGEST)),
                            new org.bytedeco.pytorch.ScalarOptional(new Scalar(LARGEST)))
                    .to(ScalarType.Char));
            return new Int8(whole, scale, product);
        }

        @Override
        public Tensor apply(Tensor rows) {
            Tensor flat = flat(rows);
            return like(rows, flat.size(0) < MANY_ROWS || !weight.is_cpu() ? few(flat) : many(flat));
        }

        private Tensor few(Tensor rows) {
            var products = call(
                    product,
                    new IValue(rows.to(ScalarType.BFloat16).contiguous()),
                    new IValue(weight),
                    new IValue(scale));
            return products.toTensor().to(ScalarType.Float);
        }

        /** One buffer for all blocks: between freed ones and kept results, the heap would fill with holes. */
        private Tensor many(Tensor rows) {
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
            return products.mul_(scale.to(ScalarType.Float).unsqueeze(1)).t();
        }
    }
}
