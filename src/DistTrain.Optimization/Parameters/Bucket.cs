using System.Collections.Immutable;

namespace DistTrain.Optimization.Parameters;

/// <summary>
/// A fixed block of the flat vector: the unit of a message, of aggregation, of the update, and of placement on servers.
/// It may cut a segment (one tensor is 98 % of <c>cnn</c>).
/// </summary>
/// <param name="Index">Position among the layout's buckets.</param>
/// <param name="Offset">First element in the flat vector.</param>
/// <param name="Length">Elements.</param>
/// <param name="Pieces">The parts of segments that lie in it, in order.</param>
public sealed record Bucket(int Index, int Offset, int Length, ImmutableArray<Piece> Pieces);

/// <summary>A part of one segment that lies in one bucket.</summary>
/// <param name="Segment">The whole tensor.</param>
/// <param name="Offset">First element in the flat vector.</param>
/// <param name="Length">Elements.</param>
/// <param name="Index">Position among the layout's pieces: norms of whole tensors are added in this order, whichever server has the piece.</param>
public sealed record Piece(Segment Segment, int Offset, int Length, int Index);
