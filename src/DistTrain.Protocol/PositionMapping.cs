namespace DistTrain.Protocol;

/// <summary>Positions on the wire.</summary>
public static class PositionMapping
{
    public static Position ToMessage(this Optimization.Order.Position position) => new()
    {
        Phase = position.Phase,
        Epoch = position.Epoch,
        Cursor = position.Cursor,
        Examples = position.Examples,
        Group = position.Group,
    };

    public static Optimization.Order.Position ToPosition(this Position message) =>
        new(message.Phase, message.Epoch, message.Cursor, message.Examples, message.Group);
}
