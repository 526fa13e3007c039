using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Gradients;

namespace DistTrain.Optimization.Optimizers;

/// <summary>The formula of a rule for one vector of elements. A struct, so that the loop around it is compiled for it alone.</summary>
internal interface IElementRule<T>
    where T : unmanaged
{
    /// <summary>How many of the slots the rule uses; the others stay zero and are not stored.</summary>
    int Slots { get; }

    /// <summary>What is written to <c>Next</c>: the next weights, or what the rule's second pass needs.</summary>
    /// <param name="w">Weights.</param>
    /// <param name="g">Averaged gradient, scaled.</param>
    /// <param name="s0">First slot, read and written.</param>
    /// <param name="s1">Second slot.</param>
    /// <param name="s2">Third slot.</param>
    Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> s0, ref Vector256<T> s1, ref Vector256<T> s2);
}

/// <summary>
/// Runs a rule over a piece in one pass: every operand is read once and written once. The last elements go through the same vector code in a
/// padded vector, so an element's bits do not depend on where a piece begins or ends.
/// </summary>
/// <remarks>
/// Code that is generic over the number's type can't be compiled before the process starts; its loops are compiled at once as well as they can be
/// (AggressiveOptimization), instead of a second time when they have run for a while.
/// </remarks>
internal static class Elementwise
{
    /// <summary>Shorter pieces are not worth stores around the cache.</summary>
    private const int StreamedLength = 1024;

    /// <param name="piece">What it works on.</param>
    /// <param name="rule">The formula.</param>
    /// <param name="streams">
    /// Next is written around the cache where its place allows: nobody reads it soon, and the processor need not read what it writes over. Not
    /// where Next is read in the same pass.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T, TRule>(in PieceStep<T> piece, TRule rule, bool streams = true)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TRule : struct, IElementRule<T>
    {
        Run(piece, rule, streams, measuresWeights: false, measuresResults: false, out _, out _);
        if (streams)
            OrderStores();
    }

    /// <summary>
    /// The same, and on the way the sums of squares of the weights and of what was written, as <see cref="SquaredNorm"/> takes them. Part of its caller, which is
    /// compiled at once.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (double Weights, double Results) RunBlocks<T, TRule>(in PieceStep<T> piece, TRule rule, bool measuresWeights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TRule : struct, IElementRule<T>
    {
        var sums = (Weights: 0.0, Results: 0.0);
        for (var start = 0; start < piece.Weights.Length; start += SquaredNorm.BlockLength)
        {
            var block = piece.Slice(start, Math.Min(SquaredNorm.BlockLength, piece.Weights.Length - start));
            Run(block, rule, streams: true, measuresWeights, measuresResults: true, out var weights, out var results);
            sums = (sums.Weights + weights, sums.Results + results);
        }

        OrderStores();
        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Run<T, TRule>(in PieceStep<T> piece, TRule rule, bool streams, bool measuresWeights, bool measuresResults, out double weights, out double results)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TRule : struct, IElementRule<T>
    {
        var length = piece.Weights.Length;
        ref var w = ref MemoryMarshal.GetReference(piece.Weights);
        ref var g = ref MemoryMarshal.GetReference(piece.Gradient);
        ref var next = ref MemoryMarshal.GetReference(piece.Next);
        // A slot that the rule does not have is never touched; any reference will do.
        ref var s0 = ref rule.Slots > 0 ? ref MemoryMarshal.GetReference(piece.Slot(0)) : ref next;
        ref var s1 = ref rule.Slots > 1 ? ref MemoryMarshal.GetReference(piece.Slot(1)) : ref next;
        ref var s2 = ref rule.Slots > 2 ? ref MemoryMarshal.GetReference(piece.Slot(2)) : ref next;
        var scale = Vector256.Create(T.CreateChecked(piece.Time.GradientScale));
        var (w0, w1, r0, r1) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        var i = 0;
        fixed (T* target = &next)
        {
            streams = streams && length >= StreamedLength && (nuint)target % (nuint)Vector256<byte>.Count == 0;
            for (; i <= length - Vector256<T>.Count; i += Vector256<T>.Count)
            {
                var at = (nuint)i;
                var (v0, v1, v2) = (Vector256<T>.Zero, Vector256<T>.Zero, Vector256<T>.Zero);
                if (rule.Slots > 0)
                    v0 = Vector256.LoadUnsafe(ref s0, at);
                if (rule.Slots > 1)
                    v1 = Vector256.LoadUnsafe(ref s1, at);
                if (rule.Slots > 2)
                    v2 = Vector256.LoadUnsafe(ref s2, at);
                var weight = Vector256.LoadUnsafe(ref w, at);
                var result = rule.Apply(weight, Vector256.LoadUnsafe(ref g, at) * scale, ref v0, ref v1, ref v2);
                if (streams)
                    result.StoreAlignedNonTemporal(target + i);
                else
                    result.Store(target + i);
                if (rule.Slots > 0)
                    v0.StoreUnsafe(ref s0, at);
                if (rule.Slots > 1)
                    v1.StoreUnsafe(ref s1, at);
                if (rule.Slots > 2)
                    v2.StoreUnsafe(ref s2, at);
                if (measuresWeights)
                    SquareLanes.Add(weight, ref w0, ref w1);
                if (measuresResults)
                    SquareLanes.Add(result, ref r0, ref r1);
            }
        }

        if (i < length)
            RunRest(piece.Slice(i, length - i), rule, scale);
        weights = measuresWeights ? SquareLanes.Total(w0, w1, piece.Weights[i..]) : 0;
        results = measuresResults ? SquareLanes.Total<T>(r0, r1, piece.Next[i..]) : 0;
    }

    /// <summary>Stores around the cache are not ordered with others: the elements must be there before the version is published.</summary>
    private static void OrderStores() => Interlocked.MemoryBarrier();

    /// <summary>Fewer elements than a vector has.</summary>
    private static void RunRest<T, TRule>(in PieceStep<T> piece, TRule rule, Vector256<T> scale)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TRule : struct, IElementRule<T>
    {
        var v0 = rule.Slots > 0 ? Load<T>(piece.Slot(0)) : Vector256<T>.Zero;
        var v1 = rule.Slots > 1 ? Load<T>(piece.Slot(1)) : Vector256<T>.Zero;
        var v2 = rule.Slots > 2 ? Load<T>(piece.Slot(2)) : Vector256<T>.Zero;
        Store(rule.Apply(Load(piece.Weights), Load(piece.Gradient) * scale, ref v0, ref v1, ref v2), piece.Next);
        if (rule.Slots > 0)
            Store(v0, piece.Slot(0));
        if (rule.Slots > 1)
            Store(v1, piece.Slot(1));
        if (rule.Slots > 2)
            Store(v2, piece.Slot(2));
    }

    private static Vector256<T> Load<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Span<T> padded = stackalloc T[Vector256<T>.Count];
        padded.Clear();
        values.CopyTo(padded);
        return Vector256.Create<T>(padded);
    }

    private static void Store<T>(Vector256<T> vector, Span<T> values)
        where T : unmanaged
    {
        Span<T> padded = stackalloc T[Vector256<T>.Count];
        vector.CopyTo(padded);
        padded[..values.Length].CopyTo(values);
    }
}
