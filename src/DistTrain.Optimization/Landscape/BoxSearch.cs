using System.Numerics;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Looks for the highest loss within a box around the weights, by conditional gradients (Frank and Wolfe 1956), where the linear problem has its solution
/// at a corner:
/// <code>
/// y ← 0
/// s ← the corner with the sign of ∂L/∂y         (where that is 0: yᵢ)
/// soft, in the first half of the passes: y ← s = r·clip(u / rms(u), −1, 1), u = r·∂L/∂y, r the box's half sides, whatever the loss there
/// of y + γ(s − y), γ = 1, ½, ¼, … : the first whose loss is higher than at y takes its place
/// until s = y, γ is too small, or the passes are used up
/// </code>
/// Soft steps are a power iteration towards the direction along which the loss is curved most, by the box's measure: near a critical point the gradient's
/// signs say little, and corner after corner would end at the first that is better than its neighbours. Around a minimum the loss is convex, its maximum
/// is at a corner, and each step with γ = 1 goes from one to a higher one; where it is linear the first corner is the maximum. In place of the ten iterations of L-BFGS-B of Keskar et al., which are as inexact: what is found is a bound from below.
/// Scaling an element of w and of the box by c, and its gradient by 1/c, scales all points and changes no loss. Between two passes
/// <see cref="Record"/> and the vectors of points are all there is.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class BoxSearch<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double Least = 1.0 / 1024;

    private readonly VectorPart _part;
    private readonly IBox<T> _box;
    private readonly SharpnessBox _kind;
    private readonly int _passes;
    private readonly int _softPasses;
    private readonly List<double> _losses = [];
    private double _here;
    private double _fraction = 1;
    private bool _isDone;
    private bool _isAtCorner;
    private Memory<T> _next;

    /// <param name="part">The elements that are here.</param>
    /// <param name="box">Where it may go.</param>
    /// <param name="kind">Which box that is.</param>
    /// <param name="passes">Most losses.</param>
    /// <param name="isSoft">It begins by a power iteration.</param>
    /// <param name="from">Where to go on; null: at the weights.</param>
    /// <param name="at">The vector of a pass's point, [part.Length]; of the one that is awaited too.</param>
    internal BoxSearch(VectorPart part, IBox<T> box, SharpnessBox kind, int passes, bool isSoft, BoxSearchRecord? from = null, Func<int, Memory<T>>? at = null)
    {
        (_part, _box, _kind, _passes, _softPasses) = (part, box, kind, passes, isSoft ? passes / 2 : 0);
        if (from is null)
        {
            _next = AlignedVector.Allocate<T>(part.Length);
            box.Point(0, _next.Span);
            return;
        }

        _losses.AddRange(from.Losses);
        (_isDone, _isAtCorner) = (from.IsDone, from.IsAtCorner);
        if (_isDone)
            return;
        _next = at!(_losses.Count);
        if (_losses.Count == 0)
            return;
        var place = from.Place;
        _here = from.Losses[place];
        _fraction = Math.ScaleB(1, place + 1 - _losses.Count);
        box.Restore(at(place), at(place + 1), from.Subspace);
    }

    /// <summary>What to save.</summary>
    public BoxSearchRecord Record => new(_kind, [.. _losses], _softPasses, _isDone, _isAtCorner, _box.Coordinates);

    /// <summary>The weights whose loss and gradient are wanted, [part.Length]; null: the search is done.</summary>
    public ReadOnlyMemory<T>? Next => _isDone ? null : (ReadOnlyMemory<T>?)_next;

    /// <summary>Takes loss and gradient at <see cref="Next"/> in.</summary>
    /// <param name="loss">Over the stated examples.</param>
    /// <param name="gradient">[part.Length]</param>
    public void Take(double loss, ReadOnlySpan<T> gradient)
    {
        var pass = _losses.Count;
        _losses.Add(loss);
        if (pass <= _softPasses || BoxSearchRecord.IsHigher(loss, _here))
        {
            if (pass > 0)
                _box.Move(_fraction, _next.Span);
            (_here, _fraction) = (loss, 1);
            // A power iteration that has come to its end goes on to a corner.
            var moves = (pass < _softPasses && _box.Aim(gradient, isSoft: true)) || _box.Aim(gradient, isSoft: false);
            _isAtCorner = !moves;
        }
        else
        {
            _fraction /= 2;
        }

        _isDone = _isAtCorner || _fraction < Least || _losses.Count == _passes;
        if (_isDone)
            return;
        _next = AlignedVector.Allocate<T>(_part.Length);
        _box.Point(_fraction, _next.Span);
    }
}
