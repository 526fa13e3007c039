using System.Globalization;
using System.Reflection;
using DistTrain.Recipes;
using TorchSharp;

namespace DistTrain.Torch.Devices;

/// <summary>
/// The CUDA devices of this process, and how many ranks compute on each. The processor is there always, for as many ranks as want it.
/// </summary>
public sealed class DeviceSet
{
    /// <summary>Until who found no device looks again.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<Slot> _slots;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DeviceSet(IEnumerable<TensorDevice> devices, string without) => (_slots, Without) = ([.. devices.Select(device => new Slot(device))], without);

    /// <summary>The processor alone.</summary>
    public static DeviceSet None { get; } = new([], "this process was started without");

    /// <summary>cpu or cuda: what this build brought along (-p:TorchBackend).</summary>
    public static string Backend { get; } =
        typeof(DeviceSet).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => string.Equals(a.Key, "TorchBackend", StringComparison.Ordinal)).Value!;

    /// <summary>How many CUDA devices there are.</summary>
    public int Count => _slots.Count;

    /// <summary>Why there is none, in words for the user; empty where there are some.</summary>
    public string Without { get; }

    /// <summary>Ends when one of them is gone, with what was said of it; the process has to end then, and another one to start.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>
    /// Those that the process was started with. libtorch must have been prepared. With DISTTRAIN_DEVICE=staged:N the processor plays N of them
    /// (<see cref="TensorDevice.Staging"/>), each with memory of its own; with staged:N:C each of them is gone after C copies.
    /// </summary>
    /// <param name="chosen">Numbers of CUDA devices, separated by commas; null: all.</param>
    /// <returns>And what is wrong with the choice, in words for the user; null: nothing.</returns>
    /// <exception cref="NotSupportedException">Devices are there, and their sums would not be the same twice; in words for the user.</exception>
    public static (DeviceSet Devices, string? Problem) Of(string? chosen)
    {
        var (known, without) = Known();
        return Of(known, without, chosen);
    }

    /// <summary>Of devices that are known.</summary>
    internal static (DeviceSet Devices, string? Problem) Of(IReadOnlyList<TensorDevice> known, string without, string? chosen)
    {
        if (chosen is null)
            return OfOneKind(known, without);
        var numbers = chosen.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToList();
        if (numbers.Exists(number => number < 0) || numbers.Distinct().Count() < numbers.Count)
            return (None, $"'{chosen}' is no list of different device numbers; write e.g. 0,1");
        if (numbers.TrueForAll(number => number < known.Count))
            return OfOneKind([.. numbers.Select(number => known[number])], without);
        var missing = numbers.First(number => number >= known.Count);
        return (None, known.Count == 0 ? $"there is no CUDA device {missing}: {without}" : $"there is no CUDA device {missing}; this process sees {known.Count}, numbered from 0");
    }

    /// <summary>A rank may get any of them, and its bits are those of a kind.</summary>
    private static (DeviceSet Devices, string? Problem) OfOneKind(IReadOnlyList<TensorDevice> devices, string without) =>
        devices.Select(device => device.Kind).Distinct().ToList() is { Count: > 1 } kinds
            ? (None, $"devices of one silo must be of one kind, and these are {string.Join(" and ", kinds)}; name some of one kind, e.g. --devices 0")
            : (new DeviceSet(devices, without), null);

    /// <summary>What a job computes on that leaves it open.</summary>
    /// <param name="device">One of <see cref="DeviceKinds"/>.</param>
    /// <returns>cpu or cuda.</returns>
    public string Resolve(string device) => device != DeviceKinds.Auto ? device : Count > 0 ? DeviceKinds.Cuda : DeviceKinds.Cpu;

    /// <summary>What decides bits beside the processor's arithmetic, e.g. "cuda NVIDIA H200, driver 570.86.15"; null for the processor.</summary>
    /// <param name="device">cpu or cuda.</param>
    public string? KindOf(string device) => device == DeviceKinds.Cpu ? null
        : Count == 0 ? "no CUDA device"
        : $"{device} {_slots[0].Device.Kind}";

    /// <summary>A device for a rank: that with the fewest. Where there is none, it is waited for.</summary>
    /// <param name="device">cpu or cuda.</param>
    /// <param name="alone">Nobody else may compute on it: the rank waits for others in the middle of a pass, and who shares its device would wait for it.</param>
    /// <param name="waits">Told what is waited for, in words for the user, each time it has not come.</param>
    /// <param name="stop">Ends waiting.</param>
    /// <returns>Ends the use when it is disposed.</returns>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public DeviceLease Take(string device, bool alone, Action<string> waits, CancellationToken stop)
    {
        while (true)
        {
            if (TryTake(device, alone, out var why) is { } lease)
                return lease;
            waits(why);
            stop.WaitHandle.WaitOne(Again);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>One of them is gone.</summary>
    /// <param name="why">Who met it, and what it said; of several the first one counts.</param>
    public void Lose(string why) => _lost.TrySetResult(why);

    private DeviceLease? TryTake(string device, bool alone, out string why)
    {
        why = string.Empty;
        if (device == DeviceKinds.Cpu)
            return new DeviceLease(TensorDevice.Default, static () => { });
        lock (_gate)
        {
            var free = _slots.Where(slot => alone ? slot.Users == 0 : !slot.IsAlone).MinBy(slot => slot.Users);
            if (free is null)
            {
                why = Count == 0 ? $"no CUDA device here: {Without}"
                    : alone ? $"a CUDA device of its own, because ranks share statistics of a norm in the middle of a pass; this silo has {Count}, and others compute on all of them"
                    : $"a CUDA device; this silo has {Count}, and each has a rank that shares statistics of a norm and must be alone on it";
                return null;
            }

            (free.Users, free.IsAlone) = (free.Users + 1, alone);
            return new DeviceLease(free.Device, () => Return(free));
        }
    }

    private void Return(Slot slot)
    {
        lock (_gate)
            (slot.Users, slot.IsAlone) = (slot.Users - 1, false);
    }

    private static (IReadOnlyList<TensorDevice> Known, string Without) Known()
    {
        if (TensorDevice.Played is { } played)
            return ([.. Enumerable.Range(0, played.Devices).Select(_ => TensorDevice.OfTests(copies: played.Copies))], string.Empty);
        if (Backend != DeviceKinds.Cuda)
            return ([], "this build computes on the processor (build with -p:TorchBackend=cuda)");
        if (!torch.cuda.is_available())
            return ([], "libtorch reaches no NVIDIA driver");
        DeterministicKernels.Require();
        return ([.. Enumerable.Range(0, torch.cuda.device_count()).Select(TensorDevice.Cuda)], string.Empty);
    }

    private sealed class Slot(TensorDevice device)
    {
        public TensorDevice Device => device;

        public int Users { get; set; }

        public bool IsAlone { get; set; }
    }
}
