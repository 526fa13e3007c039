using System.Runtime.InteropServices;
using CsCheck;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>What holds for every optimizer of the catalog, with any options, over any layout.</summary>
[Trait("Kind", "Fast")]
public class OptimizerPropertyTests
{
    private const int Samples = 30;

    private static readonly int[] BucketLengths = [16, 64, 112, 4096];

    public static TheoryData<string> All => [.. OptimizerCatalog.All.Select(d => d.Name)];

    public static TheoryData<string> WithoutNorms => [.. OptimizerCatalog.All.Where(d => NormsOf(d) == 0).Select(d => d.Name)];

    public static TheoryData<string> WithNorms => [.. OptimizerCatalog.All.Where(d => NormsOf(d) > 0).Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(WithoutNorms))]
    public void However_the_vector_is_cut_the_bits_are_the_same(string name) =>
        Sample(name, training =>
        {
            var expected = training.Run<float>(BucketLengths[0], 1);
            foreach (var bucketLength in BucketLengths)
                AssertBits(expected, training.Run<float>(bucketLength, runs: 1 + (bucketLength / 16 % 3)));
        });

    /// <summary>A norm is added up by piece, and other cuts are other orders of addition: equal to rounding, not to the bit.</summary>
    [Theory]
    [MemberData(nameof(WithNorms))]
    public void However_the_vector_is_cut_whole_norms_are_the_same_to_rounding(string name) =>
        Sample(name, training =>
        {
            var expected = training.Run<double>(BucketLengths[0], 1);
            foreach (var bucketLength in BucketLengths)
            {
                var actual = training.Run<double>(bucketLength, 1);
                var largest = expected.Max(Math.Abs);
                Assert.True(expected.Zip(actual).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-12 * largest));
            }
        });

    [Theory]
    [MemberData(nameof(All))]
    public void However_many_servers_hold_the_buckets_the_bits_are_the_same(string name) =>
        Sample(name, training =>
        {
            foreach (var bucketLength in BucketLengths)
            {
                var expected = training.Run<float>(bucketLength, 1);
                AssertBits(expected, training.Run<float>(bucketLength, 2));
                AssertBits(expected, training.Run<float>(bucketLength, 3));
            }
        });

    /// <summary>Only at a cache line are the next weights written around the cache.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Wherever_in_memory_the_next_weights_lie_the_bits_are_the_same(string name) =>
        Sample(name, training => AssertBits(training.Run<float>(1 << 14, 1), training.Run<float>(1 << 14, 1, shift: 1)));

    /// <summary>What a step leaves behind of the weights it writes is what the next one would take of them itself.</summary>
    [Theory]
    [MemberData(nameof(WithNorms))]
    public void Norms_left_behind_have_the_bits_of_norms_taken_anew(string name) =>
        Sample(name, training => AssertBits(training.Run<float>(1 << 14, 2, forgets: true), training.Run<float>(1 << 14, 2)));

    /// <summary>A few steps with weights and gradients of at most 1: a rule that diverges takes longer than that to overflow.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Every_weight_is_written_and_finite(string name) =>
        Sample(name, training => Assert.DoesNotContain(WithSpread(training).Run<float>(64, 2), w => !float.IsFinite(w)));

    [Theory]
    [MemberData(nameof(All))]
    public void Without_gradient_and_decay_nothing_moves(string name) =>
        Sample(name, training =>
        {
            var still = training with
            {
                Options = new(training.Options) { ["weightDecay"] = 0.0 },
                Gradients = [.. training.Gradients.Select(g => new double[g.Length])],
            };
            var start = Array.ConvertAll(still.Start, w => (float)w);
            Assert.All(still.Run<float>(64, 2).Chunk(start.Length), w => Assert.Equal(start, w));
        });

    private static void Sample(string name, Action<AnyTraining> holds) =>
        AnyTraining.With(OptimizerCatalog.Find(name)!).Sample(holds, iter: Samples, print: t => $"{t.Optimizer} {string.Join(", ", t.Options)} over {string.Join(", ", t.Layout.Segments)} at {string.Join(", ", t.Times)}");

    /// <summary>Around a mean that keeps nothing a gradient has no spread: epsilon alone divides it, and each step may be 1e8 times the one before.</summary>
    private static AnyTraining WithSpread(AnyTraining training) => training.Options.TryGetValue("centered", out var centered) && centered is true
        ? training with { Options = new(training.Options) { ["alpha"] = Math.Max((double)training.Options["alpha"], 0.1) } }
        : training;

    private static int NormsOf(IOptimizerDefinition definition) =>
        definition.Create<float>(new OptionValues(definition.Options, new Dictionary<string, object>())).Norms;

    private static void AssertBits(float[] expected, float[] actual) =>
        Assert.True(MemoryMarshal.Cast<float, uint>(expected).SequenceEqual(MemoryMarshal.Cast<float, uint>(actual)));
}
