using System.Numerics;
using CsCheck;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Tests.Parameters;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>A few steps of one optimizer with any options over any layout; vectors are 0 in the padding.</summary>
internal sealed record AnyTraining(
    string Optimizer,
    Dictionary<string, object> Options,
    ParameterLayout Layout,
    IReadOnlyList<UpdateTime> Times,
    double[] Start,
    IReadOnlyList<double[]> Gradients)
{
    private static readonly Gen<ParameterLayout> _layout =
        from small in AnyLayout.Alone
        from length in Gen.Frequency((7, Gen.Const(0)), (1, Gen.Int[4000, 9000])) // longer than the blocks that norms are added in
        select length == 0 ? small : ParameterLayout.Of(small.Segments.Prepend(new Segment("long", SegmentKind.Weight, [length], 0, Initialization.Zero)));

    private static readonly Gen<UpdateTime> _time =
        from rate in Gen.Frequency((1, Gen.Const(0.0)), (9, Gen.Double[1e-4, 1]))
        from before in Gen.Double[1e-4, 1]
        from epoch in Gen.Double[0, 20]
        from scale in Gen.OneOf(Gen.Const(1.0), Gen.Double[0.01, 1])
        select new UpdateTime(0, rate, before, epoch, scale);

    /// <summary>Up to five steps with <paramref name="definition"/>, at rates up to its own <c>lr</c> of any size.</summary>
    public static Gen<AnyTraining> With(IOptimizerDefinition definition) =>
        from options in AnyOptions(definition)
        from layout in _layout
        from times in _time.Array[1, 5]
        from seed in Gen.Int
        select Of(definition.Name, options, layout, times, new Random(seed));

    /// <summary>The weights after every step, in a layout with other buckets, cut into runs.</summary>
    public T[] Run<T>(int bucketLength, int runs, int shift = 0, bool forgets = false)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var layout = ParameterLayout.Of(Layout.Segments, bucketLength);
        var cut = new CutVector<T>(OptimizerByName.Create<T>(Optimizer, Options), layout, runs, shift, forgets);
        var w = Array.ConvertAll(Start, T.CreateChecked);
        var all = new List<T>();
        foreach (var (time, gradient) in Times.Zip(Gradients))
            all.AddRange(w = cut.Step(time, w, Array.ConvertAll(gradient, T.CreateChecked)));
        return [.. all];
    }

    private static AnyTraining Of(string name, Dictionary<string, object> options, ParameterLayout layout, UpdateTime[] times, Random random)
    {
        var lr = (double)options["lr"];
        for (var step = 0; step < times.Length; step++)
            times[step] = times[step] with { Step = step, LearningRate = lr * times[step].LearningRate, PreviousRate = lr * times[step].PreviousRate };
        return new AnyTraining(name, options, layout, times, Vector(layout, random), [.. times.Select(_ => Vector(layout, random))]);
    }

    /// <summary>Tensors of sizes from 1e-6 to 1, some of them, and a tenth of the elements, 0.</summary>
    private static double[] Vector(ParameterLayout layout, Random random)
    {
        var vector = new double[layout.Length];
        foreach (var segment in layout.Segments)
        {
            var size = random.Next(8) == 0 ? 0 : Math.Pow(10, -random.Next(7));
            for (var i = segment.Offset; i < segment.End; i++)
                vector[i] = random.Next(10) == 0 ? 0 : (float)(size * ((2 * random.NextDouble()) - 1));
        }

        return vector;
    }

    private static Gen<Dictionary<string, object>> AnyOptions(IOptimizerDefinition definition) =>
        definition.Options.Aggregate(Gen.Const(() => new Dictionary<string, object>()), (all, option) =>
            from values in all
            from value in AnyValue(option)
            select new Dictionary<string, object>(values) { [option.Name] = value });

    private static Gen<object> AnyValue(Option option) => option.Kind switch
    {
        OptionKind.Flag => Gen.Bool.Select(flag => (object)flag),
        OptionKind.Choice => Gen.Int[0, option.Choices.Count - 1].Select(i => (object)option.Choices[i]),
        OptionKind.Names => Gen.Bool.Array[option.Choices.Count].Select(chosen => (object)option.Choices.Where((_, i) => chosen[i]).ToArray()),
        _ => AnyNumber(option).Select(number => (object)number),
    };

    private static Gen<double> AnyNumber(Option option)
    {
        var usual = (double)option.Default!;
        // Above 0 where 0 is not allowed: a tenth of what is usual.
        var low = option.Allows(0) ? 0 : usual / 10;
        return Gen.OneOf(Gen.Const(usual), Gen.Double[low, double.IsFinite(option.Maximum) ? 0.99 * option.Maximum : Math.Max(2 * usual, 1)]);
    }
}
